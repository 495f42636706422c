// Before the application, in a container of its own: makes the user of the database that DATABASE_URL names, where no pod
// has done so yet. Each password of the owner has a user of its own, so that who has the one before can go on with it.
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import pg from 'pg';

const KEPT = 2; // users: that of this password, and that of the pods that are still to be replaced
const RIGHTS = { TABLES: 'SELECT, INSERT, UPDATE, DELETE', SEQUENCES: 'USAGE, SELECT' };

const part = (url, name) => decodeURIComponent(new URL(url)[name]);
const user = part(process.env.DATABASE_URL, 'username');

/** The server has to show a certificate for its name, of an authority that Node.js knows. */
async function connected(url, work) {
  const [name, password, host] = ['username', 'password', 'hostname'].map((each) => part(url, each));
  const database = part(url, 'pathname').slice(1);
  const client = new pg.Client({ host, port: new URL(url).port, database, user: name, password, ssl: {} });
  try {
    await client.connect();
    await work(client);
  } finally {
    await client.end();
  }
}

/** What PostgreSQL keeps of a password, so that no log of statements has the password: RFC 5803. */
function verifier(password) {
  const [salt, hmac] = [randomBytes(16), (key, text) => createHmac('sha256', key).update(text).digest()];
  const salted = pbkdf2Sync(password, salt, 4096, 32, 'sha256');
  const stored = createHash('sha256').update(hmac(salted, 'Client Key')).digest('base64');
  return `SCRAM-SHA-256$4096:${salt.toString('base64')}$${stored}:${hmac(salted, 'Server Key').toString('base64')}`;
}

async function make(owner) {
  await owner.query('BEGIN; SELECT pg_advisory_xact_lock(21)'); // of the pods that start together, one after the other
  const found = await owner.query("SELECT rolname FROM pg_roles WHERE rolname LIKE 'application%' ORDER BY oid DESC");
  const roles = found.rows.map(({ rolname }) => rolname);
  if (roles.includes(user)) return;
  if (!roles.includes('application')) await owner.query('CREATE ROLE application');
  for (const [what, rights] of Object.entries(RIGHTS)) {
    await owner.query(`GRANT ${rights} ON ALL ${what} IN SCHEMA public TO application`);
    await owner.query(`ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ${rights} ON ${what} TO application`);
  }
  const secret = verifier(part(process.env.DATABASE_URL, 'password'));
  await owner.query(`CREATE ROLE ${pg.escapeIdentifier(user)} LOGIN PASSWORD '${secret}' IN ROLE application; COMMIT`);
  const old = roles.filter((name) => name.startsWith('application_')).slice(KEPT - 1);
  for (const name of old) await owner.query(`DROP ROLE ${pg.escapeIdentifier(name)}`);
}

try {
  await connected(process.env.DATABASE_URL, () => {}).catch((error) => {
    if (error.code !== '28P01') throw error; // that it is not let in
    return connected(process.env.OWNER_URL, make);
  });
} catch (error) {
  console.error(`no user of the database: ${error.message}`);
  process.exitCode = 1;
}
