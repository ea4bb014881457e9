/** Golden requests as a protocol's endpoints would hand them in, and answers as they would give them. */
import { ServeError } from '../core/errors.ts';
import type { GoldenCodec } from '../core/golden/golden-check.ts';
import type { Operation } from '../core/jobs/job.ts';
import type { Protocol } from './protocol.ts';
import type { ReplyMeta } from './reply-meta.ts';

/** The protocol whose requests they are. */
export interface GoldenCodecOptions extends Pick<Protocol, 'errorResponse'> {
  /** Name of the codec. */
  readonly codec: string;
  /** The headers that the handler sees; names and values in turn. @param sent those of the golden request */
  readonly headers: (sent: readonly string[], operation: Operation) => readonly string[];
}

/** What core asks of golden requests, in the words of one protocol. */
export function createGoldenCodec({ codec, headers: headersOf, errorResponse }: GoldenCodecOptions): GoldenCodec {
  return {
    toJob({ name, operation, headers, inputs }) {
      return {
        operation,
        requestId: `golden request ${name}`,
        codec,
        headers: headersOf(Object.entries(headers).flat(), operation),
        inputs: inputs.map(({ name: input, contentType, content }) => ({
          name: input,
          contentType,
          chunks: [content],
        })),
      };
    },
    toAnswer(outcome) {
      if (outcome instanceof ServeError) {
        const { status, headers, body } = errorResponse(outcome);
        return { status, contentType: headers['content-type'] ?? '', body: Buffer.from(body) };
      }
      const { contentType, status } = outcome.meta as ReplyMeta;
      return { status, contentType, body: outcome.body };
    },
  };
}
