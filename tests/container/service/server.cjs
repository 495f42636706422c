'use strict';
// gothinkster/node-express-realworld-example-app at 30b68e1, in short: the order in main.ts, its error handler, and of
// the routes those that fail in ways of their own.
const bcrypt = require('bcryptjs');
const bodyParser = require('body-parser');
const express = require('express');
const { PrismaPg } = require('@prisma/adapter-pg');
const { PrismaClient } = require('@prisma/client');

const url = new URL(process.env.DATABASE_URL);
const max = Number(url.searchParams.get('connection_limit')) || 5;
const lifetime = Number(url.searchParams.get('max_idle_connection_lifetime') ?? 300) * 1000;
const adapter = new PrismaPg({ connectionString: url.href, max, idleTimeoutMillis: lifetime });
const prisma = new PrismaClient({ adapter });
const routes = express.Router();
const route = (method, path, answer) =>
  routes[method](path, async (request, response, next) => {
    try {
      response.json(await answer(request));
    } catch (error) {
      next(error);
    }
  });

route('get', '/tags', async () => ({ tags: await prisma.tag.findMany() }));
route('get', '/articles', async ({ query }) => ({
  articles: await prisma.article.findMany({
    where: 'tag' in query ? { slug: query.tag } : {},
    skip: Number(query.offset) || 0,
    take: Number(query.limit) || 10,
  }),
}));
route('get', '/articles/:slug', async ({ params: { slug } }) => ({
  article: await prisma.article.findUnique({ where: { slug } }),
}));
route('post', '/articles/:slug/favorite', async ({ params: { slug } }) => ({
  article: await prisma.article.update({ where: { slug }, data: {} }),
}));
route('post', '/users', async ({ body: { user } }) => {
  const { email, password } = user;
  const data = { email: email.trim(), password: await bcrypt.hash(password, 10) };
  return { user: await prisma.user.create({ data, select: { email: true } }) };
});
route('post', '/users/login', async ({ body: { user } }) => {
  const found = await prisma.user.findUnique({ where: { email: user.email.trim() } });
  const match = found && (await bcrypt.compare(user.password, found.password));
  if (!match) throw Object.assign(new Error(), { errorCode: 403, message: { errors: { 'email or password': ['is invalid'] } } });
  return { user: { email: found.email } };
});
route('get', '/slow', async () => ({ rows: await prisma.$queryRaw`SELECT 1 AS one FROM pg_sleep(0.3)` }));
route('get', '/bug', async () => {
  throw new Error(`${process.env.JWT_SECRET} ${process.env.DATABASE_URL} ${url.password} ${decodeURIComponent(url.password)}`);
});

const app = express();
app.use(bodyParser.json());
app.use(bodyParser.urlencoded({ extended: true }));
app.use(express.Router().use('/api', routes));
app.get('/', (request, response) => response.json({ status: 'API is running on /api' }));
app.use((error, request, response, next) => {
  if (error.name === 'UnauthorizedError') response.status(401).json({ status: 'error' });
  else if (error.errorCode) response.status(error.errorCode).json(error.message);
  else response.status(500).json(error.message);
});
app.listen(process.env.PORT, () => console.info('server up'));
