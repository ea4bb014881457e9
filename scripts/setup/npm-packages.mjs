/** `npm ci`, when what is installed is not what package-lock.json says. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { SetupError, excerpt, inRoot, npm, recall, remember, run, say } from './tools.mjs';

export async function installPackages() {
  const lockfile = readFileSync(inRoot('package-lock.json'));
  const lockHash = createHash('sha256').update(lockfile).digest('hex');
  if (recall().lockHash === lockHash) return;
  if (!isInstalled(JSON.parse(lockfile))) await install();
  remember({ lockHash });
}

/** Whether npm's own record of node_modules names every package of the lockfile in its version. */
function isInstalled({ packages }) {
  const installed = installedPackages();
  return Object.entries(packages)
    .filter(([folder, { optional }]) => folder.startsWith('node_modules/') && !optional)
    .every(([folder, wanted]) => installed[folder]?.version === wanted.version && folder in installed);
}

function installedPackages() {
  try {
    return JSON.parse(readFileSync(inRoot('node_modules/.package-lock.json'), 'utf8')).packages;
  } catch {
    return {};
  }
}

async function install() {
  say('installing npm packages (npm ci)');
  const { ok, output } = await run(...npm('ci', '--no-audit', '--no-fund', '--loglevel=error'));
  if (!ok) throw new SetupError(`npm ci failed:\n${excerpt(output)}`);
}
