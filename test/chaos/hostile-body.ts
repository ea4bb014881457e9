/** Bodies that are made to cost the server more than they cost their client, or to be misread; made up from a seed. */
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import type { Random } from '../helpers/random.ts';

export interface HostileBody {
  /** What is wrong with it. */
  readonly kind: string;
  /** Of the header Content-Type. */
  readonly contentType: string;
  /** Lines of other headers. */
  readonly headers?: string;
  readonly body: Buffer;
  /** Bytes of the chunks in which it is sent; as a whole, with its length, when undefined. */
  readonly chunkBytes?: number;
}

/** @param largest about how many bytes it has at most */
export function hostileBody(random: Random, largest: number): HostileBody {
  const kind = random.pick(Object.keys(KINDS));
  const made = KINDS[kind]?.(random, random.integer(1, largest));
  if (made === undefined) throw new Error(`there is no kind ${kind}`);
  const chunkBytes = random.pick([undefined, 1, 1, 2, 7, random.integer(1, 100_000)]);
  return { kind, ...made, ...(chunkBytes !== undefined && { chunkBytes }) };
}

type Make = (random: Random, size: number) => Omit<HostileBody, 'kind' | 'chunkBytes'>;

const BYTES = 'application/octet-stream';
const JSON_TYPE = 'application/json';
const URLENCODED = 'application/x-www-form-urlencoded';

const KINDS: Readonly<Record<string, Make>> = {
  bytes: (random, size) => ({ contentType: BYTES, body: Buffer.alloc(size, random.bytes(7)) }),
  'a bomb': (random, size) => compressed(random, Buffer.alloc(size * random.integer(1, 100))),
  'a bomb in a bomb': (_, size) => ({
    contentType: BYTES,
    headers: 'Content-Encoding: gzip, br, gzip\r\n',
    body: gzipSync(brotliCompressSync(gzipSync(Buffer.alloc(size * 20)))),
  }),
  'a compressed body that breaks off': (random, size) => {
    const whole = compressed(random, Buffer.alloc(size, random.bytes(61)));
    return { ...whole, body: whole.body.subarray(0, random.integer(0, whole.body.length - 1)) };
  },
  'a compressed body that is none': (random, size) => ({
    ...compressed(random, Buffer.alloc(0)),
    body: Buffer.alloc(size, random.bytes(61)),
  }),
  'brackets in brackets': (random, size) => json(random.pick(['[', '{"a":', '[{"a":']).repeat(size / 8)),
  'closed brackets in brackets': (_, size) => json('['.repeat(size / 2) + ']'.repeat(size / 2)),
  'brackets in brackets around a long integer': (_, size) =>
    json(`${'['.repeat(size / 2)}9007199254740993${']'.repeat(size / 2)}`),
  'odd numbers': (random, size) =>
    json(`[${`${random.pick(['1e999', '-0.0', '9007199254740993', '1e-999', '0.1'])},`.repeat(size / 12)}0]`),
  'one key many times': (_, size) => json(`{${'"a":1,'.repeat(size / 6)}"a":2}`),
  'half surrogates': (_, size) => json(`"${'\\ud800'.repeat(size / 6)}"`),
  'no UTF-8': (random, size) => ({
    contentType: random.pick([JSON_TYPE, 'text/plain', URLENCODED]),
    body: Buffer.alloc(size, random.pick([0xff, 0xc0, 0x80, 0xed])),
  }),
  'another charset': (random, size) => ({
    contentType: `text/plain; charset=${random.pick(['utf-16', 'shift_jis', 'gb18030', 'windows-1252', 'none'])}`,
    body: Buffer.alloc(size, random.bytes(61)),
  }),
  'percent signs': (random, size) => ({
    contentType: URLENCODED,
    body: Buffer.from(`a=${random.pick(['%41', '%c3%a4', '%ff', '%', '+']).repeat(size / 6)}`),
  }),
  'many fields': (random, size) => ({
    contentType: URLENCODED,
    body: Buffer.from(random.pick(['&', 'a&', '=&', 'a=b&', '%61=&']).repeat(size / 5)),
  }),
  'many parts': (random, size) =>
    multipart(part(random.pick(['', '; filename="f"']), 'x').repeat(Math.min(random.integer(1, 3000), size / 60))),
  'long headers of parts': (random, size) =>
    multipart(part(`\r\nX-Long: ${'x'.repeat(random.integer(1, 20_000))}`, 'x').repeat(Math.max(1, size / 20_000))),
  'what is nearly a boundary': (random, size) =>
    multipart(part('; filename="f"', random.pick(['\r\n--', '\r\n-', '\r', '\r\n--BX', '--B']).repeat(size / 6))),
  'a form that breaks off': (_, size) => {
    const { contentType, body } = multipart(part('; filename="f"', 'x'.repeat(size)));
    return { contentType, body: body.subarray(0, size) };
  },
};

function compressed(random: Random, bytes: Buffer): ReturnType<Make> {
  const [coding, encode] = random.pick([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
  ] as const);
  return { contentType: BYTES, headers: `Content-Encoding: ${coding}\r\n`, body: encode(bytes) };
}

function json(text: string): ReturnType<Make> {
  return { contentType: JSON_TYPE, body: Buffer.from(text) };
}

const FORM = 'multipart/form-data; boundary=B';

function part(head: string, content: string): string {
  return `--B\r\nContent-Disposition: form-data; name="f"${head}\r\n\r\n${content}\r\n`;
}

function multipart(parts: string): ReturnType<Make> {
  return { contentType: FORM, body: Buffer.from(`${parts}--B--\r\n`) };
}
