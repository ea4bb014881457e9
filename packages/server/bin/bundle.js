/** Where the bundle of the daemon is, and whether it is up to date. */
import { statSync } from 'node:fs';

/** Made from the compiled files of the packages by scripts/setup/bundle-daemon.mjs. */
export const BUNDLE = new URL('../bundle/cli.js', import.meta.url);

const COMPILED = ['server', 'archiver', 'handlers'].map(
  (name) => new URL(`../../${name}/dist/.tsbuildinfo`, import.meta.url),
);

/** False as well when there is none; an installed package has only the bundle's own time to go by. */
export function isBundleFresh() {
  return changedAt(BUNDLE) > Math.max(...COMPILED.map(changedAt));
}

function changedAt(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
