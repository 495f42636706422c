'use strict';
// What a failure shows, and to whom. The application answers each error that it does not expect with 500 and its message,
// also when the client is to blame, and logs nothing. Here a client gets nothing but the id of its request, which the log
// has with all the rest; and what no server could have answered is a 4xx, so that nobody is paged for it.
const { randomUUID } = require('node:crypto');
const { subscribe } = require('node:diagnostics_channel');
const { createRequire } = require('node:module');

const MOST = 8000; // letters of a stack: the longest line is far below what Loki takes
// What the database says of a request, and not of itself: https://www.prisma.io/docs/orm/reference/error-reference
const REFUSED = { P2000: 422, P2002: 422, P2003: 422, P2019: 422, P2020: 422, P2025: 404, P2033: 422 };
const SECRETS = [process.env.JWT_SECRET, process.env.DATABASE_URL, ...password(process.env.DATABASE_URL)];
const [causes, routes] = [new WeakMap(), new WeakMap()];

function password(url) {
  const found = URL.canParse(url) ? new URL(url).password : '';
  return found ? [found, decodeURIComponent(found)] : [];
}

/** Whether a request is not what the API takes: its text has a NUL, a number is none, the object is another one. */
function malformed({ method, originalUrl, route, query, body }) {
  if (originalUrl.includes('%00') || ['limit', 'offset'].some((name) => name in query && !/^\d{1,9}$/.test(query[name])))
    return true;
  if (!/^(POST|PUT)$/.test(method) || /\/(favorite|follow)$/.test(route?.path)) return false; // these have no body
  const given = body?.[/comments/.test(route?.path) ? 'comment' : /articles/.test(route?.path) ? 'article' : 'user'];
  const text = (value) => value === null || (typeof value === 'string' && !value.includes('\0'));
  const fits = ([name, value]) => (name === 'tagList' && Array.isArray(value) ? value.every(text) : text(value));
  return !given || typeof given !== 'object' || !Object.entries(given).every(fits);
}

/** The status that a request earns which failed with this error. */
function earned(error, request) {
  if (error?.status >= 400 && error.status < 500) return error.status; // of express and its parsers
  if (!error || !request.query) return 500;
  if (error.name === 'PrismaClientValidationError' || malformed(request)) return 422;
  return REFUSED[error.code] ?? 500;
}

function identity({ headers }) {
  const [, traced] = /(?:^|;)Root=([\w-]{1,64})/.exec(headers['x-amzn-trace-id']) ?? [];
  return traced ?? (/^[\w-]{1,64}$/.test(headers['x-request-id'] ?? '') ? headers['x-request-id'] : randomUUID());
}

function log(response, error, fields) {
  const { method, originalUrl, url } = response.req;
  const [path] = (originalUrl ?? url).slice(0, 500).split('?');
  const stack = String(error?.stack ?? error?.message ?? error ?? '').slice(0, MOST);
  const line = { time: new Date(), level: fields.status < 500 ? 'warn' : 'error', msg: `${method} ${path}`, method, path };
  const text = JSON.stringify({ ...line, route: routes.get(response), ...fields, error: stack });
  // As JSON writes it, because there a password may look different.
  const hide = (found, secret) => found.replaceAll(JSON.stringify(secret).slice(1, -1), '***');
  console.error(SECRETS.reduce(hide, text));
}

subscribe('http.server.request.start', ({ request, response }) => {
  const [began, requestId, { end }] = [performance.now(), identity(request), response];
  response.setHeader('x-request-id', requestId);
  response.end = function (...answer) {
    response.end = end;
    if (response.statusCode < 500) return end.apply(response, answer);
    const error = causes.get(response);
    const status = response.headersSent ? response.statusCode : earned(error, request);
    log(response, error, { requestId, status, durationMs: Math.round(performance.now() - began) });
    if (response.headersSent) return end.apply(response, answer);
    const said = status === 404 ? 'not found' : status < 500 ? (error.expose && error.message) || 'is invalid' : 'failed';
    const body = JSON.stringify({ errors: { body: [status < 500 ? said : `${said}: request ${requestId}`] } });
    ['content-encoding', 'etag', 'transfer-encoding'].forEach((name) => response.removeHeader(name));
    response.statusCode = status;
    response.setHeader('content-type', 'application/json; charset=utf-8');
    response.setHeader('content-length', Buffer.byteLength(body));
    return end.call(response, request.method === 'HEAD' ? undefined : body);
  };
});

// Every handler of errors takes note of what it is given.
const { Route, Router } = createRequire(process.argv[1])('express');
const { use } = Router;
function noting(given) {
  if (Array.isArray(given)) return given.map(noting);
  if (typeof given !== 'function' || given.length !== 4) return given;
  return function (error, request, response, next) {
    causes.set(response, error);
    return given.call(this, error, request, response, next);
  };
}
Router.use = function (...handlers) {
  return use.apply(this, handlers.map(noting));
};

// Where a route is mounted is known only while it runs: express takes it back before a handler of errors is called.
const { dispatch } = Route.prototype;
Route.prototype.dispatch = function (request, response, done) {
  routes.set(response, request.baseUrl + this.path);
  return dispatch.call(this, request, response, done);
};
