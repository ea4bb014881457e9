/** What a graph of components asks its units: methods on whole messages; runs in the worker of the one that is asked. */
import { checkedBody, SeldonCall, type SeldonMethod, type UnitName } from '@marserve/handlers/component';
import { PredictionError } from '@marserve/handlers/prediction-error';
import { badRequest } from '../bad-request.ts';
import { mergeOverrides, type Codec } from '../codec.ts';
import { isRecord } from '../is-record.ts';
import { resultText } from '../result-text.ts';
import { packValues } from '../values/pack-values.ts';
import { unpackValues } from '../values/unpack-values.ts';
import { isSeldonMethod } from './methods.ts';
import { replyOf, rowsOf, type SeldonRequest } from './plain-model.ts';

/** A `SeldonQuestion` is answered with a message, which says itself how it went. */
export const questionCodec: Codec = {
  decode({ inputs: [input] }, model) {
    const { method, body, unit } = readQuestion(input && unpackValues(input.bytes));
    const request: SeldonRequest = { method, message: body, unit };
    const rows = model.takesMessages === true ? [{ body: new SeldonCall(method, body, unit) }] : rowsOf(request, model);
    return { rows, reply: request };
  },
  encode({ results, overrides, reply }, model) {
    if (model.takesMessages === true) return { meta: null, body: packValues(results[0]) };
    const { status = 200 } = mergeOverrides(overrides);
    if (status >= 400) throw new PredictionError(resultText(results[0]), status);
    return { meta: null, body: packValues(replyOf(reply as SeldonRequest, results, model)) };
  },
};

interface Question {
  readonly method: SeldonMethod;
  readonly body: unknown;
  readonly unit: UnitName;
}

/** It comes from a handler, which may be anybody's. */
function readQuestion(question: unknown): Question {
  const { method, body, unit } = isRecord(question) ? question : {};
  const { name, image, parameters } = isRecord(unit) ? unit : {};
  if (!isSeldonMethod(method) || typeof name !== 'string') throw badRequest('Expected { method, body, unit }');
  const own = { ...(typeof image === 'string' && { image }), ...(isRecord(parameters) && { parameters }) };
  return { method, body: checkedBody(method, body), unit: { name, ...own } };
}
