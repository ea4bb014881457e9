/** How requests come, and answers go, over REST: in the protocol's own form, and in those of extensions. */
import type { CodecModel, EncodedRequest } from '../codec.ts';
import type { ReplyMeta } from '../reply-meta.ts';
import type { InferReply } from './inference/decode-inference.ts';
import type { InferRequest } from './inference/infer-request.ts';
import type { InferResponse } from './inference/infer-response.ts';

/** An answer, and what is said beside it. */
export interface WrittenAnswer extends Pick<ReplyMeta, 'contentType' | 'headers'> {
  /** Whole, or a part of it. */
  readonly body: Buffer;
}

/** Of a request and its answer. */
export interface RequestForm {
  /** @throws PredictionError 400 for what is no such request */
  read(request: EncodedRequest, model: CodecModel): InferRequest;
  /** @throws PredictionError 400 for what cannot be written so */
  write(response: InferResponse, request: InferReply): WrittenAnswer;
}
