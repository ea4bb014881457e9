/**
 * One file for all packages starts in half the time and needs less memory; without it, or after a compilation that did not
 * make it anew, the compiled files themselves do the same.
 */
import { statSync } from 'node:fs';

/** Made from the compiled files of the packages by scripts/setup/bundle.mjs; the last that is made. */
const LAST = new URL('../bundle/cli.js', import.meta.url);

const COMPILED = ['server', 'archiver', 'handlers'].map(
  (name) => new URL(`../../${name}/dist/.tsbuildinfo`, import.meta.url),
);

/** False as well when there is none; an installed package has only the bundle's own time to go by. */
export function isBundleFresh() {
  return changedAt(LAST) > Math.max(...COMPILED.map(changedAt));
}

function changedAt(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Runs a program of the bundle, or the compiled file that it was made from. */
export async function runProgram(name, compiled) {
  await import(isBundleFresh() ? `../bundle/${name}.js` : `../dist/${compiled}.js`);
}
