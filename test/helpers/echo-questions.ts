/** Questions for the handler ECHO, of many shapes and sizes, each with an id of its own: an answer that was mixed up shows. */
import type { LoadAnswer, Judgement, Question } from './load.ts';
import { createRandom, type Random } from './random.ts';

const LARGEST_BYTES = 500_000;

/** The question of this number to `model`; `path` is what follows `/predictions/`. */
export function echoQuestion(path: string, index: number): Question {
  const random = createRandom(index);
  const shape = SHAPES[index % SHAPES.length] ?? number;
  const { contentType, body, answer = body } = shape(`question ${index}`, random);
  return {
    path: `/predictions/${path}`,
    headers: { 'content-type': contentType },
    body,
    judge: (given) => judge(given, answer),
  };
}

/** Right, wrong, refused with a hint when to come again, or failed. */
export function judge({ status, headers, body }: LoadAnswer, expected: Uint8Array): Judgement {
  if (status === 200) return body.equals(expected) ? 'ok' : 'wrong';
  return status === 503 && headers['retry-after'] !== undefined ? 'refused' : 'failed';
}

interface Shape {
  readonly contentType: string;
  readonly body: Buffer;
  /** What comes back; the body when it is not given. */
  readonly answer?: Buffer;
}

const SHAPES: readonly ((id: string, random: Random) => Shape)[] = [number, object, text, bytes, rows, form];

function number(id: string): Shape {
  return json([id, Number(id.split(' ')[1])]);
}

function object(id: string, random: Random): Shape {
  return json({ id, nested: { values: Array.from({ length: random.integer(0, 50) }, () => random.next()) } });
}

function rows(id: string, random: Random): Shape {
  const width = random.integer(1, 30);
  return json([id, ...Array.from({ length: random.integer(1, 30) }, () => Array(width).fill(random.integer(-9, 9)))]);
}

function text(id: string, random: Random): Shape {
  return { contentType: 'text/plain', body: Buffer.from(`${id} ${'größer '.repeat(random.integer(0, 100))}`) };
}

function bytes(id: string, random: Random): Shape {
  // Most are small, some are large.
  const length = Math.floor(LARGEST_BYTES ** random.next());
  return { contentType: 'application/octet-stream', body: Buffer.concat([Buffer.from(id), filler(length, random)]) };
}

function form(id: string, random: Random): Shape {
  const boundary = `boundary${random.integer(0, 1e9)}`;
  const answer = Buffer.concat([Buffer.from(id), filler(random.integer(0, 2000), random)]);
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="data"; filename="a.bin"\r\nContent-Type: application/octet-stream\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(head), answer, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  return { contentType: `multipart/form-data; boundary=${boundary}`, body, answer };
}

function json(value: unknown): Shape {
  return { contentType: 'application/json', body: Buffer.from(JSON.stringify(value)) };
}

/** A few random bytes again and again: random ones throughout would cost more than the request. */
function filler(length: number, random: Random): Buffer {
  return Buffer.alloc(length, random.bytes(61));
}
