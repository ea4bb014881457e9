/** How long a client waits, which the daemon must know before a worker reads the request: Triton's schedule policy. */
import type { JobInput } from '../../../core/jobs/job.ts';
import { isRecord } from '../../is-record.ts';
import { readJson } from './read-json.ts';

/** Longer requests are not looked into: it would hold up all others. */
export const MOST_TIMED_JSON_BYTES = 64 * 1024;

/**
 * Parses nothing of a request that does not have the word.
 * @param jsonBytes length of the JSON that the body begins with
 * @returns milliseconds; undefined for a request that does not say, or not rightly: its worker says what is wrong
 */
export function readTimeout(body: JobInput | undefined, jsonBytes: number): number | undefined {
  if (body === undefined || jsonBytes > MOST_TIMED_JSON_BYTES) return undefined;
  const json = beginning(body.chunks, jsonBytes);
  return json.includes('"timeout"') ? timeoutOf(json) : undefined;
}

/** Most bodies are one piece. */
function beginning(chunks: JobInput['chunks'], bytes: number): Buffer {
  const [first] = chunks;
  if (first === undefined) return Buffer.alloc(0);
  if (first.byteLength < bytes) return Buffer.concat(chunks, bytes);
  return Buffer.from(first.buffer, first.byteOffset, bytes);
}

function timeoutOf(json: Buffer): number | undefined {
  try {
    const request = readJson(json);
    const parameters = isRecord(request) ? request.parameters : undefined;
    return isRecord(parameters) ? timeoutMs(parameters.timeout) : undefined;
  } catch {
    return undefined;
  }
}

/** @param microseconds the parameter @returns milliseconds; undefined for what is no such number, and for 0 */
export function timeoutMs(microseconds: unknown): number | undefined {
  const isCount = Number.isInteger(microseconds) || typeof microseconds === 'bigint';
  return isCount && Number(microseconds) > 0 ? Number(microseconds) / 1000 : undefined;
}

/** Of two limits, of which each may be missing. */
export function earliest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}
