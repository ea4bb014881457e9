/** A server of PostgreSQL for tests, with a folder of its own. */
import { spawn, execFileSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** One that runs. */
export interface Postgres {
  /** `postgres://…` of its database. */
  readonly url: string;
  /** Starts it again on the same port. */
  start(): Promise<void>;
  /** Ends it at once, as a crash of its machine would. */
  stop(): Promise<void>;
  /** Ends it and deletes its files. */
  close(): Promise<void>;
}

/** @throws Error where it is not installed */
export async function startPostgres(): Promise<Postgres> {
  const bin = binaries();
  const folder = await mkdtemp(path.join(tmpdir(), 'marserve-postgres-'));
  const user = asOther(folder);
  const data = path.join(folder, 'data');
  const initdb = ['-D', data, '-U', 'marserve', '--auth=trust', '--no-sync', '-E', 'UTF8', '--locale=C'];
  execFileSync(path.join(bin, 'initdb'), initdb, { ...user, cwd: folder, stdio: 'pipe' });
  const port = await freePort();
  let server: ChildProcess | undefined;
  const start = async () => {
    const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder];
    server = spawn(path.join(bin, 'postgres'), args, { ...user, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    await ready(server);
  };
  const stop = async () => {
    if (server === undefined) return;
    const ended = once(server, 'exit');
    // Its immediate shutdown.
    server.kill('SIGQUIT');
    await ended;
    server = undefined;
  };
  await start();
  return {
    url: `postgres://marserve@127.0.0.1:${port}/postgres`,
    start,
    stop,
    async close() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Debian has them out of the path. */
function binaries(): string {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).map((version) => path.join(debian, version, 'bin')) : [];
  const folders = [...versions, ...(process.env['PATH'] ?? '').split(path.delimiter)];
  const found = folders.find((folder) => existsSync(path.join(folder, 'initdb')));
  if (found !== undefined) return found;
  throw new Error('initdb is not there: node scripts/setup.mjs --test installs PostgreSQL');
}

/** It refuses to run as root. */
function asOther(folder: string): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = [Number(idOf('-u')), Number(idOf('-g'))];
  chownSync(folder, uid, gid);
  return { uid, gid };
}

function idOf(flag: string): string {
  return execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    server.stderr?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('ready to accept connections')) resolve();
    });
    server.once('exit', () => reject(new Error(`PostgreSQL did not start:\n${output}`)));
  });
}
