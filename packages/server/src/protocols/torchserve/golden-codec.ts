/** Golden requests as the inference endpoints would hand them in, and answers as they would give them. */
import type { GoldenCodec } from '../../core/golden/golden-check.ts';
import { ServeError } from '../../core/errors.ts';
import { torchserveErrorResponse } from './errors.ts';
import type { ReplyMeta } from '../reply-meta.ts';

export const torchserveGoldenCodec: GoldenCodec = {
  toJob({ name, operation, headers, inputs }) {
    const explain = operation === 'explain' ? 'True' : 'False';
    return {
      operation,
      requestId: `golden request ${name}`,
      codec: 'torchserve',
      headers: [...Object.entries(headers).flat(), 'explain', explain, 'url_path', ''],
      inputs: inputs.map(({ name: input, contentType, content }) => ({ name: input, contentType, chunks: [content] })),
    };
  },
  toAnswer(outcome) {
    if (outcome instanceof ServeError) {
      const { status, headers, body } = torchserveErrorResponse(outcome);
      return { status, contentType: headers['content-type'] ?? '', body: Buffer.from(body) };
    }
    const { contentType, status } = outcome.meta as ReplyMeta;
    return { status, contentType, body: outcome.body };
  },
};
