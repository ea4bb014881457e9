/** The disk of model store, work directory and snapshots is full: registrations fail and say why, everything else goes on. */
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ECHO } from '../../fixtures/handlers.ts';
import { addArchive } from '../../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../../helpers/daemon.ts';
import { post, put, remove, sendJson, type Answer } from '../../helpers/http.ts';
import type { Random } from '../../helpers/random.ts';
import { smallDiskOf, smallDiskPrefix, whyNoSmallDisk, type SmallDisk } from '../../helpers/small-disk.ts';
import { startEchoLoad } from '../echo-load.ts';
import { conclude, skip, type Chaos, type ChaosResult } from '../scenario.ts';

const DISK_BYTES = 12_000_000;
const WEIGHTS_BYTES = 3_000_000;
const CONNECTIONS = 4;

export async function fullDisk(chaos: Chaos): Promise<ChaosResult> {
  const { intensity, random, defer, say } = chaos;
  const reason = whyNoSmallDisk();
  if (reason !== undefined) return skip(reason);
  const rounds = intensity === 'long' ? 20 : 1;
  const archives = await makeArchives(random);
  defer(() => rm(archives, { recursive: true }));
  const web = await serve(archives);
  defer(() => web.close());
  const { daemon, disk } = await startOnSmallDisk(archives, web.address);
  defer(() => daemon.close());
  await registerModels(daemon, ['good']);
  const load = startEchoLoad({ defer }, daemon, { model: 'good', connections: CONNECTIONS });
  const before = await filesOn(disk);
  const problems: string[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const news = [
      ...(await registerWithoutRoom(daemon, { disk, from: 'large.mar', free: random.integer(0, WEIGHTS_BYTES / 2) })),
      ...(await registerWithoutRoom(daemon, {
        disk,
        from: `${web.address}/a.mar`,
        free: random.integer(0, WEIGHTS_BYTES / 2),
      })),
      // It comes in whole, and finds no room to be unpacked.
      ...(await registerWithoutRoom(daemon, { disk, from: `${web.address}/b.mar`, free: WEIGHTS_BYTES * 1.5 })),
      ...(await scaleWithoutRoom(daemon, disk)),
      ...(await registerWithRoom(daemon, `${web.address}/c.mar`)),
      ...difference(before, await filesOn(disk)),
    ];
    problems.push(...news.map((problem) => `round ${round}: ${problem}`));
    say(`${round} of ${rounds} rounds, ${load.ok} requests, ${problems.length} problems`);
  }
  const thrown = `a full disk in ${rounds * 3} registrations, from the store and by download, and ${rounds} scalings`;
  return conclude({ thrown, load: await load.stop(), problems });
}

/** A small archive, and one whose content does not compress. @returns their folder */
async function makeArchives(random: Random): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'marserve-disk-'));
  await addArchive(folder, { name: 'good', source: ECHO });
  await addArchive(folder, { name: 'large', source: ECHO, files: { 'weights.bin': random.bytes(WEIGHTS_BYTES) } });
  return folder;
}

/** The large archive under any name. */
async function serve(archives: string): Promise<{ address: string; close(): Promise<void> }> {
  const content = await readFile(path.join(archives, 'large.mar'));
  const server = createServer((_, response) => response.end(content));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function startOnSmallDisk(archives: string, web: string): Promise<{ daemon: Daemon; disk: SmallDisk }> {
  const root = await mkdtemp(path.join(tmpdir(), 'marserve-test-'));
  const mountPoint = path.join(root, 'disk');
  await mkdir(mountPoint);
  const daemon = await startDaemon({
    root,
    config: {
      allowed_urls: `${web}/.*`,
      access_log: 'off',
      model_store: mountPoint,
      work_dir: path.join(mountPoint, 'work'),
    },
    env: { LOG_LOCATION: path.join(mountPoint, 'logs') },
    prefix: smallDiskPrefix(DISK_BYTES, mountPoint),
  });
  const disk = smallDiskOf(daemon.pid, mountPoint);
  for (const name of ['good.mar', 'large.mar']) await copyFile(path.join(archives, name), path.join(disk.folder, name));
  return { daemon, disk };
}

/** Everything but the snapshots, which come and go. */
async function filesOn(disk: SmallDisk): Promise<string[]> {
  const names = await readdir(disk.folder, { recursive: true });
  return names.filter((name) => !/^logs\/config\/\d+-\w+\.cfg$/.test(name)).sort();
}

interface Attempt {
  readonly disk: SmallDisk;
  /** Parameter `url`. */
  readonly from: string;
  /** Bytes that are left. */
  readonly free: number;
}

/** @returns what should not be */
async function registerWithoutRoom(daemon: Daemon, { disk, from, free }: Attempt): Promise<string[]> {
  const before = await filesOn(disk);
  await disk.fill(free);
  const { status, text } = await register(daemon, from);
  await disk.clear();
  const what = `a registration of ${from} with ${free} bytes left`;
  return [
    ...(status >= 400 && /ENOSPC|no space/i.test(text) ? [] : [`${what} was answered with ${status} ${text}`]),
    ...difference(before, await filesOn(disk)).map((each) => `${what}: ${each}`),
  ];
}

function register({ management }: Daemon, url: string): Promise<Answer> {
  return post(`${management}/models?url=${encodeURIComponent(url)}&model_name=large&initial_workers=1`);
}

/** A change that needs no room but for being written down. @returns what should not be */
async function scaleWithoutRoom({ management }: Daemon, disk: SmallDisk): Promise<string[]> {
  await disk.fill(0);
  const more = await put(`${management}/models/good?min_worker=2&synchronous=true`);
  const fewer = await put(`${management}/models/good?min_worker=1&synchronous=true`);
  await disk.clear();
  return [more, fewer].filter(({ status }) => status !== 200).map(({ status, text }) => `scaling: ${status} ${text}`);
}

/** @returns what should not be */
async function registerWithRoom(daemon: Daemon, from: string): Promise<string[]> {
  const registered = await register(daemon, from);
  const answer = await sendJson(`${daemon.inference}/predictions/large`, [1]);
  const removed = await remove(`${daemon.management}/models/large`);
  return [registered, answer, removed]
    .filter(({ status }) => status !== 200)
    .map(({ status, text }) => `when there was room again: ${status} ${text}`);
}

function difference(before: readonly string[], after: readonly string[]): string[] {
  const left = after.filter((name) => !before.includes(name)).map((name) => `${name} is left`);
  return [...left, ...before.filter((name) => !after.includes(name)).map((name) => `${name} is gone`)];
}
