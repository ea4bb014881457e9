/** An endpoint that asks a component, or a model, one of Seldon's methods. */
import type { SeldonMethod } from '@marserve/handlers/component';
import type { Operation } from '../../core/jobs/job.ts';
import type { Endpoint, PlainRequest, PlainResponse } from '../endpoint.ts';
import { admitOperation } from '../admit-operation.ts';
import { explainHeader } from '../explain-header.ts';
import { onlyPart } from '../only-part.ts';
import type { Planes } from '../protocol.ts';
import { replyHead } from '../reply-meta.ts';
import { requestTimeoutMs } from '../request-timeout.ts';
import { FEEDBACK, MESSAGE } from './message-body.ts';
import { methodHeader, QUESTIONS } from './methods.ts';
import { explainerAsked, modelAsked, modelCalled } from './model-asked.ts';
import { puidHeader } from './puid.ts';
import { questionInputs } from './question.ts';

/** What is asked, and at which path. */
export interface Asked extends Pick<Endpoint, 'path' | 'parameters'> {
  /** Of the operation, behind the protocol's name. */
  readonly id: string;
  /** See `SeldonMethod`. */
  readonly method: SeldonMethod;
  /** `explain` for an explanation of what the method would answer; default `predict`. */
  readonly operation?: Operation | undefined;
}

const SUMMARIES: Readonly<Record<SeldonMethod, string>> = {
  predictions: 'Predict',
  predict: 'Ask a model',
  'transform-input': 'Ask a transformer',
  'transform-output': 'Ask a transformer of outputs',
  route: 'Ask a router',
  aggregate: 'Ask a combiner',
  'send-feedback': 'Say what came of a prediction',
  'health-status': 'Ask the component how it is',
  metadata: 'Describe the component',
  'graph-metadata': 'Describe the components',
};

const RESPONSES = {
  200: 'A SeldonMessage, or the description',
  400: 'The message is none, or the component refused it',
  404: 'No such model',
  500: 'The component failed',
  501: 'The component has no such method, or cannot explain',
  503: 'The model cannot serve now',
};

/** With GET where there is nothing to send. */
export function askEndpoint(planes: Planes, asked: Asked): Endpoint {
  const { path, id, method, parameters, operation } = asked;
  const isQuestion = QUESTIONS.has(method);
  return {
    audience: 'inference',
    method: isQuestion ? 'GET' : 'POST',
    path,
    operationId: `seldon_${id}`,
    summary: `${operation === 'explain' ? 'Explain a prediction' : SUMMARIES[method]}, in the protocol of Seldon`,
    parameters,
    responses: RESPONSES,
    ...(!isQuestion && { takesModelInput: true, body: method === 'send-feedback' ? FEEDBACK : MESSAGE }),
    handle: (request) => answer(planes, asked, request),
  };
}

async function answer(
  planes: Planes,
  { method, operation = 'predict' }: Asked,
  request: PlainRequest,
): Promise<PlainResponse> {
  const { dataPlane, profile } = planes;
  const { model_name: deployment, component, predictor } = request.params;
  const named = predictor === undefined ? deployment : explainerAsked(dataPlane, request.params);
  const name = modelAsked(dataPlane, named ?? modelCalled(dataPlane, component), profile);
  const admission = admitOperation(planes, { name, operation });
  const timeoutMs = requestTimeoutMs(request);
  const { requestId, caller, rawHeaders } = request;
  const inputs = QUESTIONS.has(method) ? questionInputs(profile, component) : await inputsOf(request);
  const headers = [...rawHeaders, ...explainHeader(operation), ...methodHeader(method)];
  const job = { operation, requestId, codec: 'seldon', headers, inputs, timeoutMs } as const;
  const whole = await onlyPart(await admission.submit(job, caller), 'ask in another protocol');
  const head = replyHead(whole, request);
  return { ...head, headers: { ...puidHeader(request), ...head.headers }, body: whole.body };
}

/** The query may have the message, in place of a body. */
async function inputsOf(request: PlainRequest): ReturnType<PlainRequest['readInputs']> {
  const inputs = await request.readInputs();
  const json = request.query.get('json');
  if (json === null || inputs.some(({ chunks }) => chunks.some(({ length }) => length > 0))) return inputs;
  return [{ name: 'body', contentType: 'application/json', chunks: [Buffer.from(json)] }];
}
