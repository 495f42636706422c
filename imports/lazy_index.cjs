'use strict';
// Loaded into the Node.js process of jsii with --require. Whatever it does not recognise stays as it is.
const Module = require('node:module');
const threads = require('node:worker_threads');

// lib/index.js of the bindings requires each of its modules; a getter in the place of each require does it on first use.
const INDEX = /[\\/]@cdkt[fn][\\/]provider-[^\\/]+[\\/]lib[\\/]index\.js$/;
const EXPORT = /^exports\.(\w+) = ((?:__importStar\()?require\("\.\/[^"]+"\)\)?);\r?$/gm;

function lazy(source) {
  return source.replace(
    EXPORT,
    (_, name, load) => `Object.defineProperty(exports, "${name}", {
  enumerable: true,
  configurable: true,
  get() {
    const value = ${load};
    Object.defineProperty(exports, "${name}", { enumerable: true, value });
    return value;
  },
});`
  );
}

// Half of the load of the engine is a library that writes zip files, which only a zipped asset needs.
const FILES = /[\\/]cdkt[fn][\\/]lib[\\/]private[\\/]fs\.js$/;

function withoutArchiver(source) {
  return source.replace(
    /^const archiver = require\("archiver"\);\r?$/m,
    'const archiver = (...options) => require("archiver")(...options);'
  );
}

function edited(source, filename) {
  if (INDEX.test(filename)) return lazy(source);
  return FILES.test(filename) ? withoutArchiver(source) : source;
}

const compile = Module.prototype._compile;
Module.prototype._compile = function (content, filename, ...rest) {
  return compile.call(this, edited(content, filename), filename, ...rest);
};

// A worker thread of jsii writes an index of a package that it has unpacked, but jsii exits without waiting for it.
// A program that is quick to exit would never get the index, and read 120 MB of JSON at every run instead.
const pending = new Set();
threads.Worker = class extends threads.Worker {
  constructor(file, options) {
    super(file, options);
    if (/runtime-index-worker\.js$/.test(String(file))) {
      pending.add(new Promise((done) => this.once('exit', done)));
    }
  }
};
const exit = process.exit.bind(process);
process.exit = (code) => (pending.size ? void Promise.all(pending).then(() => exit(code)) : exit(code));
