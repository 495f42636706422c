'use strict';
// The application signs tokens with a value that everybody can read in its source when JWT_SECRET is missing.
const missing = ['DATABASE_URL', 'JWT_SECRET'].filter((name) => !process.env[name]);
if (missing.length) {
  console.error(`not started: ${missing.join(' and ')} must be set`);
  process.exit(1);
}
