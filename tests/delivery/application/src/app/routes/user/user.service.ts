import prisma from '../../../prisma/prisma-client';

export const login = async (email: string): Promise<{ email: string }> => {
  const user = await prisma.user.findUnique({ where: { email } });
  if (!user) throw new Error('is invalid');
  return { email: user.email };
};
