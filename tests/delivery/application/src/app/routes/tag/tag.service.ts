import prisma from '../../../prisma/prisma-client';

export const getTags = async (): Promise<string[]> => (await prisma.tag.findMany()).map(({ name }) => name);
