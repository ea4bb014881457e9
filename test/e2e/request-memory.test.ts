/** What the daemon takes for bodies and answers that are on their way. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { forgetMostResident, mostResidentBytes, residentBytes } from '../helpers/processes.ts';
import { inChunks, openConnection, readUntil, writeAll } from '../helpers/raw-connection.ts';

/** Tells how much it got. */
const COUNT = `
  export function handle(rows) {
    return rows?.map((row) => Object.values(row).flat().reduce((sum, value) => sum + value.length, 0));
  }
`;

/** A million chunks of one byte that are kept are more than a heap of 64 MB holds; `npm run test:long`, which CI runs as well, sends three. */
const BODY_MB = process.env.MARSERVE_TESTS === 'long' ? 3 : 1;
const BODY_BYTES = BODY_MB * 1e6;
/** Of a body's thousandth, beside what surrounds it there. */
const PART_BYTES = BODY_BYTES / 1000 - 100;
/** Garbage that was not collected yet, beside the heap of 64 MB. */
const SLACK_BYTES = 100e6;

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    env: { NODE_OPTIONS: '--max-old-space-size=64' },
    config: { access_log: 'off' },
    fill: (store) => addArchive(store, { name: 'count', source: COUNT }),
  });
  await registerModels(daemon, ['count']);
});

afterAll(() => daemon.close());

interface Upload {
  readonly listener: 'inference' | 'management';
  readonly target: string;
  readonly contentType: string;
  readonly body: Buffer;
}

/** Sends a body in chunks of one size; resolves with the answer. */
async function upload({ listener, target, contentType, body }: Upload, chunkBytes: number): Promise<string> {
  const socket = await openConnection(daemon[listener]);
  const answer = readUntil(socket);
  const head = `POST ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: ${contentType}\r\nTransfer-Encoding: chunked\r\n\r\n`;
  await writeAll(socket, [head, ...inChunks(body, chunkBytes)]);
  const text = await answer;
  socket.destroy();
  return text;
}

const part = (head: string, content: string) =>
  `--B\r\nContent-Disposition: form-data; name="f"${head}\r\n\r\n${content}\r\n`;
const form = (parts: string) => Buffer.from(`${parts}--B--\r\n`);
const FORM = 'multipart/form-data; boundary=B';
const PREDICTION = { listener: 'inference', target: '/predictions/count' } as const;

const UPLOADS: Readonly<Record<string, Upload>> = {
  bytes: { ...PREDICTION, contentType: 'application/octet-stream', body: Buffer.alloc(BODY_BYTES, 'x') },
  'a file of a form': {
    ...PREDICTION,
    contentType: FORM,
    body: form(part('; filename="f"', 'x'.repeat(BODY_BYTES - 200))),
  },
  'a field of a form': { ...PREDICTION, contentType: FORM, body: form(part('', 'x'.repeat(BODY_BYTES - 200))) },
  'many fields of a form': {
    ...PREDICTION,
    contentType: FORM,
    body: form(part('', 'x'.repeat(PART_BYTES)).repeat(999)),
  },
  'parts with long headers': {
    ...PREDICTION,
    contentType: FORM,
    body: form(part(`\r\nX-Long: ${'y'.repeat(PART_BYTES)}`, 'x').repeat(999)),
  },
  'an urlencoded form': {
    ...PREDICTION,
    contentType: 'application/x-www-form-urlencoded',
    body: Buffer.from(`f=${'%78'.repeat(BODY_BYTES / 3 - 10)}`),
  },
  'parameters of the management API': {
    listener: 'management',
    target: '/models',
    contentType: 'application/json',
    body: Buffer.from(`{"url": ${' '.repeat(BODY_BYTES - 100)}"none.mar"}`),
  },
};

describe.each(Object.entries(UPLOADS))(`a body of ${BODY_MB} MB that is %s`, (_, sent) => {
  it.each([1, 1000])('does not make the daemon grow when its chunks have %i bytes', async (chunkBytes) => {
    await forgetMostResident(daemon.pid);
    const before = await residentBytes(daemon.pid);
    const answer = await upload(sent, chunkBytes);
    // Parameters are refused beyond 16 KB.
    expect(answer).toMatch(sent.listener === 'inference' ? /^HTTP\/1\.1 200 / : /^HTTP\/1\.1 413 /);
    expect((await mostResidentBytes(daemon.pid)) - before).toBeLessThan(3 * BODY_BYTES + SLACK_BYTES);
  });
});

it('an answer has all that was sent', async () => {
  const answer = await upload({ ...PREDICTION, contentType: 'text/plain', body: Buffer.alloc(300_001, 'x') }, 7);
  expect(answer.split('\r\n\r\n')[1]).toBe('300001');
});
