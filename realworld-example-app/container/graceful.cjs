'use strict';
// How every HTTP server of the application treats connections: between requests, and at the end.
// On SIGTERM the application would go on as if nothing had happened, because as process 1 it has no default for it.
// This stops every server from taking more connections, lets the requests that run end, and then exits.
const http = require('node:http');

const TIMEOUT_MS = Number(process.env.SHUTDOWN_TIMEOUT_MS) || 20000;
// Longer than the idle timeout of the load balancer, in helm/templates/ingress.yaml: Node closes after five seconds, and
// a request that meets the closing is a 502. The second one is for a connection that has had no request yet.
const KEEP_ALIVE_MS = 75000;
const HEADERS_MS = 80000;
const servers = new Set();
const listen = http.Server.prototype.listen;

http.Server.prototype.listen = function (...options) {
  servers.add(this);
  this.keepAliveTimeout = KEEP_ALIVE_MS;
  this.headersTimeout = HEADERS_MS;
  return listen.apply(this, options);
};

function closed(server) {
  return new Promise((done) => {
    server.close(done);
    server.closeIdleConnections();
  });
}

let stopping = false;
function stop() {
  if (stopping) return;
  stopping = true;
  setTimeout(() => process.exit(1), TIMEOUT_MS).unref();
  // A kept-alive connection is idle again after its last answer, and would keep the server open.
  setInterval(() => servers.forEach((server) => server.closeIdleConnections()), 100).unref();
  Promise.all([...servers].map(closed)).then(() => process.exit(0));
}

process.on('SIGTERM', stop);
process.on('SIGINT', stop);
