/** promtool and prometheus, for the tests of the metrics endpoint. */
import { existsSync } from 'node:fs';
import { aptCommand, installDebianPackages } from './debian-packages.mjs';
import { findProgram, run, say } from './tools.mjs';

const PACKAGES = ['prometheus'];

export async function providePrometheus() {
  if (isThere()) return;
  const isInstalled = await installDebianPackages(PACKAGES);
  if (isInstalled && existsSync('/run/systemd/system')) await run('systemctl', ['disable', 'prometheus']);
  if (isThere()) return;
  say(
    `promtool and prometheus are missing: the tests that scrape the metrics will fail. On Debian: ${aptCommand(PACKAGES)}`,
  );
}

const isThere = () => ['promtool', 'prometheus'].every(findProgram);
