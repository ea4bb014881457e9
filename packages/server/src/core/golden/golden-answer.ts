/** Compares an answer to a golden request with the one that the archive expects. */
import { isUtf8 } from 'node:buffer';
import { parseJson } from '@marserve/handlers/json';
import { messageOf } from '../errors.ts';
import { jsonDifference, type Tolerance } from './json-difference.ts';

/** What a golden request must be answered. */
export type ExpectedAnswer =
  | ExpectedJson
  /** The very same bytes. */
  | { readonly kind: 'bytes'; readonly status: number; readonly body: Uint8Array }
  /** Whatever has this status. */
  | { readonly kind: 'status'; readonly status: number };

/** JSON of the same value. */
export interface ExpectedJson {
  /** Compared as values: neither the order of keys nor white space counts. */
  readonly kind: 'json';
  /** As the protocol has it, opaque here. */
  readonly status: number;
  /** The expected text, UTF-8. */
  readonly body: Uint8Array;
  /** How far each number may be off: `absolute` of `Tolerance`. */
  readonly tolerance: number;
  /** `relative` of `Tolerance`. */
  readonly relativeTolerance?: number;
}

/** What came. */
export interface GivenAnswer {
  /** As the protocol has it, opaque here; 200 by default. */
  readonly status?: number;
  /** Media type; empty when there is none. */
  readonly contentType: string;
  /** As its client would get it; empty when there is none. */
  readonly body: Uint8Array;
}

/**
 * Says on one line how an answer differs from the expected one: the first place that does, and the two, shortened.
 * @returns undefined when it does not
 */
export function goldenMismatch(expected: ExpectedAnswer, given: GivenAnswer): string | undefined {
  const { status = 200 } = given;
  if (status !== expected.status) {
    return inWords(`the status is ${status}, expected ${expected.status}`, { expected, given, at: 0 });
  }
  if (expected.kind === 'status') return undefined;
  const place = firstDifference(expected.body, given.body);
  if (place === undefined) return undefined;
  if (expected.kind === 'bytes') {
    const lengths = `it has ${given.body.length} bytes, expected ${expected.body.length}`;
    return inWords(`the answer differs from byte ${place} on; ${lengths}`, { expected, given, at: place });
  }
  const problem = jsonProblem(expected, given);
  return problem === undefined ? undefined : inWords(problem, { expected, given, at: 0 });
}

/** Index of the first byte that is not the same in both. */
function firstDifference(one: Uint8Array, other: Uint8Array): number | undefined {
  const common = Math.min(one.length, other.length);
  for (let index = 0; index < common; index += 1) if (one[index] !== other[index]) return index;
  return one.length === other.length ? undefined : common;
}

function jsonProblem(expected: ExpectedJson, { contentType, body }: GivenAnswer): string | undefined {
  let actual: unknown;
  try {
    actual = parseJson(body);
  } catch (error) {
    return `the answer, ${contentType || 'without a content type'}, is not JSON (${messageOf(error)})`;
  }
  const tolerance: Tolerance = { absolute: expected.tolerance, relative: expected.relativeTolerance };
  return jsonDifference(parseJson(expected.body), actual, tolerance);
}

interface Compared {
  readonly expected: ExpectedAnswer;
  readonly given: GivenAnswer;
  /** The byte where both are shown. */
  readonly at: number;
}

function inWords(problem: string, { expected, given, at }: Compared): string {
  const wanted = expected.kind === 'status' ? 'anything' : excerpt(expected.body, at);
  const sentence = `${problem}. Expected answer: ${wanted}; this answer: ${excerpt(given.body, at)}`;
  return sentence.replaceAll(/\p{Cc}+/gu, ' ');
}

/** Bytes of an answer that are shown. */
const SHOWN = 500;
/** Those among them that lie before the place. */
const LEAD = 100;
/** Bytes that are shown of what is no text, in hexadecimal. */
const SHOWN_BINARY = 50;

function excerpt(body: Uint8Array, at: number): string {
  if (body.length === 0) return 'nothing';
  const isText = isUtf8(body);
  const start = Math.max(0, at - (isText ? LEAD : 0));
  const end = start + (isText ? SHOWN : SHOWN_BINARY);
  const part = Buffer.from(body.subarray(start, end));
  const content = isText ? textOf(part) : `hexadecimal ${part.toString('hex')}`;
  return `${start > 0 ? '…' : ''}${content}${end < body.length ? '…' : ''}`;
}

/** A character that was cut through is left out. */
function textOf(bytes: Buffer): string {
  return bytes.toString('utf8').replaceAll(/^\uFFFD+|\uFFFD+$/g, '');
}
