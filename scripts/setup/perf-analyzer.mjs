/**
 * Triton's perf_analyzer, for the test that runs it. Where this machine's glibc is too old for it (pip finds none), it gets one of its own:
 * Debian's packages, unpacked beside it and installed nowhere.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { unpackDebianPackages, whyNoDebianPackages } from './debian-unpack.mjs';
import { excerpt, inRoot, run, say } from './tools.mjs';
import { inVenv, pipInstall } from './venv.mjs';

const REQUIREMENTS = inRoot('test/clients/perf-analyzer.txt');
/** No retries: without a network the set-up shall not wait, and the next one tries again. */
const INSTALL = ['--retries', '0', '-r', REQUIREMENTS];
/** The glibc for which it is made, in the words of pip. */
const PLATFORM = 'manylinux_2_38_x86_64';
/** The first Debian whose glibc is new enough, and what in it the program is linked with. */
const DEBIAN = { suite: 'trixie', packages: ['libc6', 'libgcc-s1', 'libssl3t64', 'libstdc++6', 'zlib1g'] };
const FOLDER = inVenv('perf-analyzer');
const PROGRAM = inVenv('bin/perf_analyzer');
/** Hash of what is installed; written last, and not where something failed: the next set-up tries again. */
const STAMP = inVenv('perf-analyzer.sha256');

/** Relative to itself, so that the checkout may be moved. */
const LAUNCHER = `#!/bin/sh
folder=$(dirname "$(readlink -f "$0")")/../perf-analyzer
libraries=$folder/debian/usr/lib/x86_64-linux-gnu
exec "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries" "$folder/perf_analyzer/bin/perf_analyzer" "$@"
`;

export async function providePerfAnalyzer() {
  const wanted = wantedHash();
  if (existsSync(STAMP) && existsSync(PROGRAM) && readFileSync(STAMP, 'utf8') === wanted) return;
  const { ok } = await pipInstall(...INSTALL);
  const problem = ok ? undefined : await installWithGlibc();
  if (problem === undefined) return writeFileSync(STAMP, wanted);
  rmSync(PROGRAM, { force: true });
  say(`the test with perf_analyzer will be skipped: ${problem}`);
}

function wantedHash() {
  const hash = createHash('sha256');
  for (const file of [REQUIREMENTS, fileURLToPath(import.meta.url)]) hash.update(readFileSync(file));
  return hash.digest('hex');
}

/** @returns {Promise<string | undefined>} why it cannot be had */
async function installWithGlibc() {
  const obstacle = process.arch === 'x64' ? whyNoDebianPackages() : `this is ${process.arch}, not x64`;
  if (obstacle !== undefined)
    return `pip finds none (it needs glibc 2.38), and a newer glibc cannot be had: ${obstacle}`;
  say(`unpacking a newer glibc for perf_analyzer (.venv, from Debian ${DEBIAN.suite})`);
  rmSync(FOLDER, { recursive: true, force: true });
  const pip = await pipInstall('--target', FOLDER, '--platform', PLATFORM, '--only-binary=:all:', ...INSTALL);
  if (!pip.ok) return `pip failed:\n${excerpt(pip.output)}`;
  const problem = await unpackDebianPackages({ ...DEBIAN, folder: inVenv('perf-analyzer/debian') });
  if (problem !== undefined) return problem;
  writeFileSync(PROGRAM, LAUNCHER, { mode: 0o755 });
  const { ok, output } = await run(PROGRAM, ['--version']);
  return ok ? undefined : `it does not start:\n${excerpt(output)}`;
}
