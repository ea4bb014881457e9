/** wrk, which makes the load of the benchmark. */
import { aptCommand, installDebianPackages } from './debian-packages.mjs';
import { findProgram, say } from './tools.mjs';

const PACKAGES = ['wrk'];

export async function provideWrk() {
  if (findProgram('wrk') !== undefined || (await installDebianPackages(PACKAGES))) return;
  say(`wrk is missing: the benchmark and its test will fail. On Debian: ${aptCommand(PACKAGES)}`);
}
