/**
 * The native part of better-sqlite3, which npm does not bring: downloaded ready-made by its own installer, else compiled from its
 * source, which takes about a minute; so what was made is kept for other checkouts. Without it everything works but experiments.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { excerpt, inRoot, npm, run, say } from './tools.mjs';

const PACKAGE = inRoot('node_modules/better-sqlite3');
const BINDING = path.join(PACKAGE, 'build/Release/better_sqlite3.node');

export async function provideSqlite() {
  if (!existsSync(PACKAGE)) return say('better-sqlite3 is not installed (it is optional): experiments are not kept.');
  if ((await load()).ok) return;
  if (await reuse()) return;
  say('making the binding of SQLite (npm rebuild better-sqlite3): it is downloaded, or compiled in about a minute');
  const { ok, output } = await run(...npm('rebuild', 'better-sqlite3', '--ignore-scripts=false'), { env: headers() });
  const loaded = ok ? await load() : { ok, output };
  if (!loaded.ok)
    return say(
      `no binding of SQLite: experiments are not kept. g++, make and python3 compile it.\n${excerpt(loaded.output)}`,
    );
  keep();
}

/** In a process of its own: one that does not fit this machine may end the process. */
function load() {
  const open = `new (require(${JSON.stringify(PACKAGE)}))(':memory:').close()`;
  return existsSync(BINDING) ? run(process.execPath, ['-e', open]) : { ok: false, output: 'there is no binary' };
}

async function reuse() {
  if (!existsSync(kept())) return false;
  copyWhole(kept(), BINDING);
  return (await load()).ok;
}

/** What cannot be kept is made again. */
function keep() {
  try {
    copyWhole(BINDING, kept());
  } catch (error) {
    say(`the binding of SQLite is not kept for other checkouts: ${error.message}`);
  }
}

/** By all that it depends on. */
function kept() {
  const { version } = JSON.parse(readFileSync(path.join(PACKAGE, 'package.json'), 'utf8'));
  const cache = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
  const { arch, platform, versions } = process;
  return path.join(cache, 'marserve', `better-sqlite3-${version}-${platform}-${arch}-${versions.modules}.node`);
}

function copyWhole(from, to) {
  mkdirSync(path.dirname(to), { recursive: true });
  copyFileSync(from, `${to}.${process.pid}`);
  renameSync(`${to}.${process.pid}`, to);
}

/** Those of this Node, where they lie beside it: others would be downloaded. */
function headers() {
  const folder = path.resolve(process.execPath, '../..');
  return existsSync(path.join(folder, 'include/node/node.h')) ? { npm_config_nodedir: folder } : {};
}
