/**
 * One file for all packages starts in a third of the time and needs less memory; without it, or after a compilation that did not
 * make it anew, the compiled files themselves do the same.
 */
const { statSync } = require('node:fs');
const path = require('node:path');

const FOLDER = path.join(__dirname, '../bundle');

/** Made from the compiled files of the packages by scripts/setup/bundle.mjs; the last that is made. */
const LAST = path.join(FOLDER, 'cli.cjs');

const COMPILED = ['server', 'archiver', 'handlers'].map((name) =>
  path.join(__dirname, `../../${name}/dist/.tsbuildinfo`),
);

/** False as well when there is none; an installed package has only the bundle's own time to go by. */
function isBundleFresh() {
  return changedAt(LAST) > Math.max(...COMPILED.map(changedAt));
}

/** In milliseconds; 0 of a file that is not there, or not for this user to see. */
function changedAt(file) {
  try {
    return statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}

/** Runs a program of the bundle, or the compiled file that it was made from. */
function runProgram(name, compiled) {
  if (!isBundleFresh()) return import(`../dist/${compiled}.js`);
  const { loadBundled } = require('./load-bundled.js');
  return loadBundled(path.join(FOLDER, `${name}.cjs`));
}

module.exports = { isBundleFresh, runProgram };
