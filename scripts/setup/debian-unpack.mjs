/** Packages of another Debian than this machine's, unpacked into a folder; needs no root, and changes nothing of the system's. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { excerpt, findProgram, run } from './tools.mjs';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const PROGRAMS = ['apt-get', 'dpkg-deb'];
const LONGEST_MS = 300_000;

/** Undefined where packages can be had and their signatures checked. */
export function whyNoDebianPackages() {
  const missing = PROGRAMS.find((program) => findProgram(program) === undefined);
  if (missing !== undefined) return `there is no ${missing} here`;
  return existsSync(KEYRING) ? undefined : `there is no ${KEYRING} (Debian package debian-archive-keyring)`;
}

/**
 * @param {{ suite: string, packages: readonly string[], folder: string }} wanted of the architecture amd64; the folder is made
 * @returns {Promise<string | undefined>} what went wrong
 */
export async function unpackDebianPackages({ suite, packages, folder }) {
  const workspace = mkdtempSync(path.join(tmpdir(), 'marserve-apt-'));
  try {
    return (await download(workspace, suite, packages)) ?? (await unpack(workspace, folder));
  } finally {
    rmSync(workspace, { recursive: true, force: true });
  }
}

async function download(workspace, suite, packages) {
  // apt reads as a user of its own where this is root.
  chmodSync(workspace, 0o755);
  for (const folder of ['lists/partial', 'archives/partial'])
    mkdirSync(path.join(workspace, folder), { recursive: true });
  writeFileSync(path.join(workspace, 'status'), '');
  writeFileSync(
    path.join(workspace, 'sources.list'),
    `deb [arch=amd64 target=Packages signed-by=${KEYRING}] http://deb.debian.org/debian ${suite} main\n`,
  );
  const configuration = path.join(workspace, 'apt.conf');
  writeFileSync(configuration, configurationOf(workspace));
  return (await aptGet(workspace, ['update'])) ?? (await aptGet(workspace, ['download', ...packages]));
}

/** Beside the system's (its proxies are needed): folders, sources and hooks are replaced. */
const configurationOf = (workspace) => `
#clear APT::Update;
Dir::State "${workspace}";
Dir::State::status "${workspace}/status";
Dir::Cache "${workspace}";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Dir::Etc::sourcelist "${workspace}/sources.list";
Dir::Etc::sourceparts "-";
Dir::Etc::preferences "-";
Dir::Etc::preferencesparts "-";
APT::Architecture "amd64";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::AllowInsecureRepositories "false";
`;

async function aptGet(workspace, args) {
  const options = { cwd: workspace, timeoutMs: LONGEST_MS };
  const { ok, output } = await run('apt-get', ['-q', '-c', 'apt.conf', ...args], options);
  return ok ? undefined : `apt-get ${args.join(' ')} failed:\n${excerpt(output)}`;
}

async function unpack(workspace, folder) {
  for (const file of readdirSync(workspace).filter((name) => name.endsWith('.deb'))) {
    const { ok, output } = await run('dpkg-deb', ['-x', path.join(workspace, file), folder]);
    if (!ok) return `dpkg-deb -x ${file} failed:\n${excerpt(output)}`;
  }
  return undefined;
}
