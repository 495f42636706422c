import { login } from '../../app/routes/user/user.service';
import prismaMock from '../prisma-mock';

test('somebody', async () => {
  // @ts-ignore: as upstream, whose versions of TypeScript and Prisma disagree
  prismaMock.user.findUnique.mockResolvedValue({ id: 1, email: 'a@b' });
  await expect(login('a@b')).resolves.toEqual({ email: 'a@b' });
});

test('nobody', async () => {
  await expect(login('a@b')).rejects.toThrow('is invalid');
});
