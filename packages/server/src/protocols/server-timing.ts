/** Where the time of an answer went, as the header Server-Timing (https://www.w3.org/TR/server-timing/). */
import type { JobAnswer } from '../core/jobs/job.ts';
import type { PlainRequest } from './endpoint.ts';

/** Headers of an answer, by their names. */
type Headers = Readonly<Record<string, string>>;

/** With `server-timing`, where the client asks for it; what the handler says of its own time comes behind the server's. */
export function withServerTiming(
  headers: Headers,
  answer: Pick<JobAnswer, 'queueMs' | 'stages'>,
  request: Pick<PlainRequest, 'header'>,
): Headers {
  if (request.header('x-marserve-timing') !== '1') return headers;
  const isTiming = ([name]: readonly [string, string]) => name.toLowerCase() === 'server-timing';
  const entries = Object.entries(headers);
  const own = entries.filter(isTiming).map(([, value]) => value);
  return {
    ...Object.fromEntries(entries.filter((entry) => !isTiming(entry))),
    'server-timing': [timingOf(answer), ...own].join(', '),
  };
}

/** One metric per stage that the handler has, durations in milliseconds; the stages are those of the whole batch. */
function timingOf({ queueMs, stages }: Pick<JobAnswer, 'queueMs' | 'stages'>): string {
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
