/** PostgreSQL, for the tests of experiments that several servers share. */
import { existsSync, readdirSync } from 'node:fs';
import { aptCommand, installDebianPackages } from './debian-packages.mjs';
import { findProgram, say } from './tools.mjs';

const PACKAGES = ['postgresql'];
/** Debian has its programs out of the path. */
const DEBIAN = '/usr/lib/postgresql';

export async function providePostgres() {
  if (isThere() || (await installDebianPackages(PACKAGES))) return;
  say(`PostgreSQL is missing: the tests of shared experiments will fail. On Debian: ${aptCommand(PACKAGES)}`);
}

function isThere() {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : [];
  return (
    versions.some((version) => existsSync(`${DEBIAN}/${version}/bin/initdb`)) || findProgram('initdb') !== undefined
  );
}
