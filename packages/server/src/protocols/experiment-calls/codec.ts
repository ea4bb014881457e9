/** What is asked of experiments as rows, and what they answer as JSON; runs in the worker. */
import { ExperimentCall } from '@marserve/handlers/experiment';
import { parseJson, stringifyJson } from '@marserve/handlers/json';
import { PredictionError } from '@marserve/handlers/prediction-error';
import { badRequest } from '../bad-request.ts';
import type { Codec, EncodedInput } from '../codec.ts';
import { decodeText } from '../decode-text.ts';
import { plainMeta } from '../reply-meta.ts';
import { operationOf } from './operation-header.ts';

/** One row a request. */
export const experimentCallsCodec: Codec = {
  decode({ headers, inputs }, model) {
    if (model.takesExperimentCalls !== true) {
      const problem = `Model "${model.name}" has no experiment: it is no graph with a router`;
      throw new PredictionError(problem, 404);
    }
    const { operation, experiment } = operationOf(headers);
    const message = operation === 'feedback' || operation === 'control' ? read(inputs) : undefined;
    return { rows: [{ body: new ExperimentCall(operation, message, experiment) }] };
  },
  encode: ({ results }) => ({ meta: plainMeta('application/json'), body: Buffer.from(stringifyJson(results[0])) }),
};

function read([body, ...others]: readonly EncodedInput[]): unknown {
  if (body === undefined || others.length > 0) throw badRequest('Invalid request: expected a body of JSON');
  try {
    return parseJson(decodeText(body.bytes, body.charset));
  } catch (error) {
    throw badRequest(`Invalid request: expected a body of JSON: ${(error as Error).message}`);
  }
}
