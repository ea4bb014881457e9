/** What another model answers, of the bytes that the daemon passes on. */
import { PredictionError } from '@marserve/handlers/prediction-error';
import type { AnswerPart } from '@marserve/handlers/context';
import { unpackValues } from '../../protocols/values/unpack-values.ts';
import type { AskedParts } from './asked-parts.ts';

/** The worker of the other model runs somebody's code as well. @throws PredictionError 502 for what cannot be read */
export function readAnswer(body: Buffer): unknown {
  try {
    return unpackValues(body);
  } catch (error) {
    throw new PredictionError(`The answer cannot be read: ${(error as Error).message}`, 502);
  }
}

/** Each as soon as it is there. No generator: one that waits for the next part would not hear `return`. */
export class ModelAnswerParts implements AsyncIterableIterator<AnswerPart> {
  readonly #bodies: AskedParts;
  readonly #onEnd: () => void;

  /** @param onEnd called when they are over, however that is */
  constructor(bodies: AskedParts, onEnd: () => void) {
    this.#bodies = bodies;
    this.#onEnd = onEnd;
  }

  /** @throws PredictionError why there is no next part, though there should be */
  async next(): Promise<IteratorResult<AnswerPart>> {
    try {
      const { done, value } = await this.#bodies.next();
      if (done !== true) return { done: false, value: readAnswer(value) as AnswerPart };
    } catch (error) {
      await this.return();
      throw error;
    }
    this.#onEnd();
    return { done: true, value: undefined };
  }

  /** To be called by a reader that stops early. */
  async return(): Promise<IteratorResult<AnswerPart>> {
    this.#onEnd();
    await this.#bodies.return();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** What comes in parts may never end. */
const MOST_BYTES = 64 * 2 ** 20;

/**
 * All parts as one answer: text and bytes of a row are joined, of other values there may be one.
 * @throws PredictionError 502 for parts that do not make one, or are too large together
 */
export async function joinParts(bodies: AskedParts): Promise<unknown> {
  const rows: unknown[][] = [];
  const tensors: unknown[] = [];
  let bytes = 0;
  for await (const body of bodies) {
    bytes += body.length;
    if (bytes > MOST_BYTES)
      throw new PredictionError(`The parts of the answer have more than ${MOST_BYTES} bytes`, 502);
    const part = readAnswer(body) as AnswerPart;
    if ('outputs' in part) tensors.push(part);
    else (rows[part.row] ??= []).push(part.value);
  }
  if (tensors.length === 0)
    return { predictions: Array.from(rows, (values: unknown[] | undefined) => joined(values ?? [])) };
  if (tensors.length === 1) return tensors[0];
  throw notOne(tensors.length);
}

function joined(values: readonly unknown[]): unknown {
  if (values.length === 1) return values[0];
  if (values.every((value) => typeof value === 'string')) return values.join('');
  if (values.every((value) => value instanceof Uint8Array)) return Buffer.concat(values);
  throw notOne(values.length);
}

function notOne(count: number): PredictionError {
  const advice = 'of text and bytes there may be several, of other values one';
  return new PredictionError(`The answer has ${count} parts, which are needed as one: ${advice}`, 502);
}
