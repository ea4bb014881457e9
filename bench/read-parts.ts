/** Reads answers in parts, one after the other, whose parts say when they were made. */
import { request, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { Sample } from './sample.ts';
import { percentile } from './statistics.ts';

export interface PartsOptions {
  readonly url: string;
  /** How many an answer has. */
  readonly parts: number;
  readonly seconds: number;
}

/** What of a part tells when it was made: nanoseconds of `process.hrtime`. */
const MADE_AT = /"text_output":"(\d+)"/g;

/** Parts per second, and percentiles of the time from the making of the first part to its arrival. @throws Error when parts are missing */
export async function readParts({ url, parts, seconds }: PartsOptions): Promise<Sample> {
  const delays: number[] = [];
  const start = performance.now();
  let now = start;
  for (; now - start < seconds * 1000; now = performance.now()) {
    const { delayMs, count } = await readAnswer(url);
    if (count !== parts) throw new Error(`${url}: expected ${parts} parts, came ${count}`);
    delays.push(delayMs);
  }
  delays.sort((left, right) => left - right);
  return {
    throughput: (delays.length * parts * 1000) / (now - start),
    p50: percentile(delays, 50),
    p90: percentile(delays, 90),
    p99: percentile(delays, 99),
  };
}

async function readAnswer(url: string): Promise<{ delayMs: number; count: number }> {
  const question = request(url, { method: 'POST' });
  question.end('{"text":"x"}');
  const [response] = (await once(question, 'response')) as [IncomingMessage];
  let [text, delayMs] = ['', NaN];
  for await (const chunk of response) {
    const arrivedAt = process.hrtime.bigint();
    text += String(chunk);
    const [, madeAt] = Number.isNaN(delayMs) ? (new RegExp(MADE_AT).exec(text) ?? []) : [];
    if (madeAt !== undefined) delayMs = Number(arrivedAt - BigInt(madeAt)) / 1e6;
  }
  return { delayMs, count: text.match(MADE_AT)?.length ?? 0 };
}
