// The migrations run in the engine that is WebAssembly, through the driver of JavaScript.
import pg from 'pg';
import { PrismaPg } from '@prisma/adapter-pg';

// The adapter does not know the type name, which the catalogue of PostgreSQL has: it is text.
const { addFields } = pg.Result.prototype;
pg.Result.prototype.addFields = function (fields) {
  for (const field of fields) if (field.dataTypeID === 19) field.dataTypeID = 25;
  return addFields.call(this, fields);
};

export default {
  schema: 'prisma/schema.prisma',
  experimental: { adapter: true },
  engine: 'js',
  adapter: async () => new PrismaPg({ connectionString: process.env.DATABASE_URL }),
};
