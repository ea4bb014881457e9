/**
 * Runs a file of the bundle. What V8 made of its functions is kept beside it, by make-code-cache.js: compiling them took a third of
 * a start.
 */
const { readFileSync, renameSync, writeFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const { Script } = require('node:vm');
const { crc32 } = require('node:zlib');

/** With this variable a process leaves, when it ends, what later ones need not compile. */
const IS_RECORDING = process.env.MARSERVE_RECORD_CODE === '1';

/** What the function that a file holds is given. */
const PARAMETERS = 'exports, require, module, __filename, __dirname, requireOutside, importModule';

const CHECKSUM_BYTES = 4;

const OF_THE_CLIENT = ['undici'];
const OF_THE_SERVER = ['yaml'];

// V8 takes code under the flags alone that it was written with, which are to be those of the start.
if (IS_RECORDING) require('node:v8').setFlagsFromString = () => {};

/** @returns {unknown} what the file exports */
function loadBundled(file) {
  const script = compile(file);
  const module = { exports: {} };
  const run = script.runInThisContext();
  run(module.exports, createRequire(file), module, file, path.dirname(file), requireOutside, importModule);
  return module.exports;
}

function compile(file) {
  const source = readFileSync(file, 'latin1');
  const script = new Script(source, { filename: file, cachedData: readCode(file, source) });
  if (IS_RECORDING) process.once('exit', () => writeCode(file, source, script.createCachedData()));
  return script;
}

/** What is left out of a bundle is found from the package that depends on it. */
function requireOutside(name) {
  if (OF_THE_SERVER.includes(name)) return require(name);
  const handlers = createRequire(require.resolve('@marserve/handlers'));
  return OF_THE_CLIENT.includes(name) ? createRequire(handlers.resolve('@marserve/client'))(name) : handlers(name);
}

/** In a script that comes from the cache, `import()` is not Node's. */
function importModule(url) {
  return import(url);
}

/** Undefined where there is none, or one that is broken or of another source; V8 itself leaves one of another version or other flags. */
function readCode(file, source) {
  try {
    const bytes = readFileSync(codeFile(file));
    const code = bytes.subarray(CHECKSUM_BYTES);
    return bytes.readUInt32LE() === checksum(source, code) ? code : undefined;
  } catch {
    return undefined;
  }
}

/** Whole or not at all, so that no process reads the half of one. */
function writeCode(file, source, code) {
  const head = Buffer.alloc(CHECKSUM_BYTES);
  head.writeUInt32LE(checksum(source, code));
  const unfinished = `${codeFile(file)}.${process.pid}`;
  writeFileSync(unfinished, Buffer.concat([head, code]));
  renameSync(unfinished, codeFile(file));
}

/** V8 tells sources apart by their length alone. */
function checksum(source, code) {
  return crc32(code, crc32(source));
}

function codeFile(file) {
  return `${file}.v8-${process.versions.v8}-${process.arch}`;
}

module.exports = { PARAMETERS, codeFile, compile, loadBundled };
