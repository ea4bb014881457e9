/** Where the time of an answer went, as the header Server-Timing (https://www.w3.org/TR/server-timing/). */
import type { JobAnswer } from '../core/jobs/job.ts';

/** One metric per stage that the handler has, durations in milliseconds; the stages are those of the whole batch. */
export function serverTiming({ queueMs, stages }: JobAnswer): string {
  const { decodeMs, handlerMs, preprocessMs, inferenceMs, postprocessMs, encodeMs } = stages ?? {};
  const durations = {
    queue: queueMs,
    decode: decodeMs,
    handler: handlerMs,
    preprocess: preprocessMs,
    inference: inferenceMs,
    postprocess: postprocessMs,
    encode: encodeMs,
  };
  return Object.entries(durations)
    .filter((entry): entry is [string, number] => entry[1] !== undefined)
    .map(([name, ms]) => `${name};dur=${ms.toFixed(3)}`)
    .join(', ');
}
