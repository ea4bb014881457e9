/** Packages of the operating system, where it is Debian and this is root. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { excerpt, findProgram, run, say } from './tools.mjs';

/** What a person would type. */
export const aptCommand = (packages) => `sudo apt-get install --no-install-recommends ${packages.join(' ')}`;

/**
 * @param {readonly string[]} packages
 * @returns {Promise<boolean>} whether they are installed now; false without a try where this is not root on Debian
 */
export async function installDebianPackages(packages) {
  const isDebian = existsSync('/etc/debian_version') && findProgram('apt-get') !== undefined;
  if (!isDebian || process.getuid() !== 0) return false;
  say(`installing Debian packages ${packages.join(', ')} (apt-get, as root)`);
  const install = ['install', '-y', '--no-install-recommends', ...packages];
  return withoutStartingServices(async () => (await aptGet(['update'])) && (await aptGet(install)));
}

async function aptGet(args) {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const { ok, output } = await run('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...args], { env });
  if (!ok) say(`apt-get ${args.join(' ')} failed:\n${excerpt(output)}`);
  return ok;
}

/** Debian's packages start their service when they are installed, unless this file's program says no (101). */
const POLICY = '/usr/sbin/policy-rc.d';

async function withoutStartingServices(action) {
  if (existsSync(POLICY)) return action();
  writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' });
  try {
    return await action();
  } finally {
    rmSync(POLICY, { force: true });
  }
}
