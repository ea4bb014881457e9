/** Archives to register, in a folder and on a web server that takes its time. */
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { addArchive } from '../../helpers/archives.ts';
import type { Random } from '../../helpers/random.ts';

export interface Offer {
  readonly name: string;
  readonly version: string;
  /** File in the model store. */
  readonly file: string;
  /** Address of the same under another file name. */
  readonly address: string;
}

export interface Archives {
  readonly offers: readonly Offer[];
  /** What `allowed_urls` must admit. */
  readonly pattern: string;
  copyTo(store: string): Promise<void>;
  close(): Promise<void>;
}

const KEYS = ['m0', 'm1', 'm2'].flatMap((name) => ['1.0', '2.0'].map((version) => ({ name, version })));
const PREFIX = 'downloaded-';
const PIECES = 8;
const LONGEST_PAUSE_MS = 40;

/** Two versions of each of three models, whose answer is the model's name and version. */
export async function offerArchives(random: Random): Promise<Archives> {
  const folder = await mkdtemp(path.join(tmpdir(), 'marserve-offer-'));
  for (const { name, version } of KEYS) {
    const source = `export default class Named { handle(data) { return data.map(() => '${name} ${version}'); } }`;
    await addArchive(folder, { name: `${name}-${version}`, version, source });
  }
  const server = createServer((request, response) => {
    const file = path.join(folder, path.basename(request.url ?? '').replace(PREFIX, ''));
    Readable.from(slowly(file, random)).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    offers: KEYS.map((key) => {
      const file = `${key.name}-${key.version}.mar`;
      return { ...key, file, address: `${address}/${PREFIX}${file}` };
    }),
    pattern: `${address}/.*`,
    copyTo: (store) => cp(folder, store, { recursive: true }),
    async close() {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function* slowly(file: string, random: Random): AsyncGenerator<Buffer> {
  const content = await readFile(file);
  const size = Math.ceil(content.length / PIECES);
  for (let start = 0; start < content.length; start += size) {
    yield content.subarray(start, start + size);
    await sleep(random.integer(0, LONGEST_PAUSE_MS));
  }
}
