/** What each of Seldon's methods asks of a component, and the message that comes of it (`seldon_methods.py` of seldon-core). */
import type { ModelContext } from '../handler.ts';
import { HandlerError } from '../handler-error.ts';
import { isPlainObject } from '../model-config.ts';
import { PredictionError } from '../prediction-error.ts';
import { valueText } from '../tensor/tensor-json.ts';
import { isSeldonResponse, memberOf, SeldonResponse, type ComponentMember, type SeldonComponent } from './component.ts';
import { checkMetrics, publishMetrics } from './component-metrics.ts';
import { PREDICTION_METHODS, type ComponentOptions } from './component-options.ts';
import { mergedMeta } from './merged-meta.ts';
import { messagesOf, payloadOf, type Payload } from './payload.ts';
import { replyMessage } from './reply-message.ts';
import type {
  SeldonCall,
  SeldonFeedback,
  SeldonMessage,
  SeldonMeta,
  SeldonMethod,
  SeldonMetric,
} from './seldon-message.ts';

/** A component that is loaded. */
export interface LoadedComponent {
  /** The object. */
  readonly component: SeldonComponent;
  /** How it is deployed. */
  readonly options: ComponentOptions;
  /** Where its metrics go. */
  readonly context: ModelContext;
}

/** @throws PredictionError for a request that is none; BadMetricError; whatever the component throws */
export function callComponent(loaded: LoadedComponent, { method, body, unit }: SeldonCall): Promise<unknown> {
  const { options } = loaded;
  const place = unit && { ...options, unit: unit.name, image: unit.image ?? options.image };
  const named = place === undefined ? loaded : { ...loaded, options: place };
  return CALLS[method === 'predictions' ? PREDICTION_METHODS[options.type] : method](named, body);
}

type Call = (loaded: LoadedComponent, body: unknown) => Promise<unknown>;

const CALLS: Readonly<Record<Exclude<SeldonMethod, 'predictions'>, Call>> = {
  predict: onMessage('predict', 'predict', () => []),
  'transform-input': onMessage('transformInput', 'inputtransform', (X) => X),
  'transform-output': onMessage('transformOutput', 'outputtransform', (X) => X),
  route: onMessage('route', 'router', () => lacks('route')),
  aggregate,
  'send-feedback': sendFeedback,
  'health-status': healthStatus,
  metadata,
  'graph-metadata': graphMetadata,
};

type MessageMember = 'predict' | 'transformInput' | 'transformOutput' | 'route';

/** @param otherwise what a component without the method answers */
function onMessage(member: MessageMember, label: string, otherwise: (X: unknown) => unknown): Call {
  return async (loaded, body) => {
    const raw = await callRaw(loaded, { member, label, body });
    if (raw !== undefined) return raw;
    const { value, names } = payloadOf(body);
    const message = body as SeldonMessage;
    const method = methodOf(loaded.component, member);
    const given = await (method === undefined ? otherwise(value) : method(value, names, message.meta ?? {}));
    const response = member === 'route' ? routeResponse(given) : toResponse(given);
    // What a router knows of a request is not its answer.
    return reply(loaded, {
      response,
      label,
      request: member === 'route' ? { ...message, meta: puidOf(message.meta) } : message,
    });
  };
}

function puidOf({ puid }: SeldonMeta = {}): SeldonMeta {
  return puid === undefined ? {} : { puid };
}

function routeResponse(given: unknown): SeldonResponse {
  const { data, tags, metrics } = toResponse(given);
  if (Number.isInteger(data)) return new SeldonResponse([[data]], { tags, metrics });
  throw new HandlerError(`Routing response must be an integer, got ${valueText(data)}`);
}

async function aggregate(loaded: LoadedComponent, body: unknown): Promise<unknown> {
  const messages = messagesOf(body);
  const raw = await callRaw(loaded, { member: 'aggregate', label: 'aggregate', body: messages });
  if (raw !== undefined) return raw;
  const payloads = messages.map(payloadOf);
  const metas = messages.map(({ meta = {} }) => meta);
  const method = methodOf(loaded.component, 'aggregate') ?? lacks('aggregate');
  const given = await method(
    payloads.map(({ value }) => value),
    payloads.map(({ names }) => names),
    metas,
  );
  const request = { ...messages[0], meta: mergedMeta(metas) };
  return reply(loaded, { response: toResponse(given), label: 'aggregate', request });
}

async function sendFeedback(loaded: LoadedComponent, body: unknown): Promise<unknown> {
  const feedback = feedbackOf(body);
  const { request = {}, response, truth, reward = 0 } = feedback;
  publishReward(loaded, reward);
  const raw = await callRaw(loaded, { member: 'sendFeedback', label: 'feedback', body: feedback });
  if (raw !== undefined) return raw;
  const { value, names } = dataOf(request);
  const method = methodOf(loaded.component, 'sendFeedback');
  const routing = response?.meta?.routing?.[loaded.options.unit];
  const given = await method?.(value, names, reward, dataOf(truth).value, routing);
  const { data, tags, metrics } = toResponse(given);
  const answer = new SeldonResponse(data ?? [], { tags, metrics });
  return reply(loaded, { response: answer, label: 'feedback', request: { ...request, meta: puidOf(request.meta) } });
}

/** What a feedback leaves out is an empty list, as in the original. */
function dataOf(message: SeldonMessage = {}): Pick<Payload, 'value' | 'names'> {
  const { data = {} } = message;
  return Object.keys(data).length === 0 ? { value: [], names: [] } : payloadOf(message);
}

function feedbackOf(body: unknown): SeldonFeedback {
  if (!isPlainObject(body))
    throw new PredictionError(`Invalid request: expected a feedback, got ${valueText(body)}`, 400);
  const { reward = 0 } = body;
  if (typeof reward === 'number' && Number.isFinite(reward)) return body;
  throw new PredictionError(`reward: expected a number, got ${valueText(reward)}`, 400);
}

function publishReward({ context }: LoadedComponent, reward: number): void {
  if (reward === 0) return;
  const samples: SeldonMetric[] = [{ key: 'seldon_api_model_feedback', value: 1 }];
  if (reward > 0) samples.push({ key: 'seldon_api_model_feedback_reward', value: reward });
  publishMetrics(context.metrics, samples, 'feedback');
}

async function healthStatus(loaded: LoadedComponent): Promise<unknown> {
  const method = methodOf(loaded.component, 'healthStatus');
  const given = method === undefined ? 'healthy' : await method();
  return reply(loaded, { response: toResponse(given), label: 'health', request: {} });
}

/** Of a graph of this component alone, in the executor's words. */
async function graphMetadata(loaded: LoadedComponent): Promise<unknown> {
  const own = await metadata(loaded);
  const { unit } = loaded.options;
  return { name: unit, models: { [unit]: own }, graphinputs: own['inputs'], graphoutputs: own['outputs'] };
}

async function metadata({ component, options }: LoadedComponent): Promise<Readonly<Record<string, unknown>>> {
  const method = methodOf(component, 'initMetadata');
  const own = method === undefined ? {} : await method();
  if (!isPlainObject(own)) throw new HandlerError(`initMetadata returned ${valueText(own)}; expected an object`);
  const [, name = options.image, version = ''] = /^(.*?)(?::([^:/]*))?$/s.exec(options.image) ?? [];
  return { name, versions: [version], platform: '', inputs: [], outputs: [], custom: {}, ...own };
}

interface Answer {
  readonly response: SeldonResponse;
  /** Of the metrics' label `method`. */
  readonly label: string;
  readonly request: SeldonMessage;
}

async function reply(loaded: LoadedComponent, { response, label, request }: Answer): Promise<SeldonMessage> {
  const { component, options } = loaded;
  const metrics = [
    ...checkMetrics((await methodOf(component, 'metrics')?.()) ?? []),
    ...checkMetrics(response.metrics),
  ];
  publishMetrics(loaded.context.metrics, metrics, label);
  const tags = (await methodOf(component, 'tags')?.()) as SeldonMeta['tags'];
  return replyMessage(response.data, request, {
    names: await classNames(component),
    tags: { ...tags, ...response.tags },
    metrics: showsMetrics() ? metrics : [],
    requestPath: { [options.unit]: options.image },
  });
}

/** `INCLUDE_METRICS_IN_CLIENT_RESPONSE`, as in the original. */
function showsMetrics(): boolean {
  const { INCLUDE_METRICS_IN_CLIENT_RESPONSE: shown = 'true' } = process.env;
  return ['true', '1', 't'].includes(shown.toLowerCase());
}

async function classNames(component: SeldonComponent): Promise<readonly string[] | undefined> {
  const names = memberOf(component, 'classNames');
  const given: unknown = typeof names === 'function' ? await (names.call(component) as unknown) : names;
  if (given === undefined || given === null) return undefined;
  if (Array.isArray(given)) return given.map(String);
  throw new HandlerError(`classNames is ${valueText(given)}; expected a list of names`);
}

interface RawCall {
  readonly member: MessageMember | 'aggregate' | 'sendFeedback';
  readonly label: string;
  readonly body: unknown;
}

/** Undefined for a component without the method. */
async function callRaw({ component, context }: LoadedComponent, { member, label, body }: RawCall): Promise<unknown> {
  const given = await methodOf(component, `${member}Raw`)?.(body);
  if (given === undefined) return undefined;
  if (!isPlainObject(given))
    throw new HandlerError(`${member}Raw returned ${valueText(given)}; expected a SeldonMessage`);
  const { meta = {} } = given as SeldonMessage;
  publishMetrics(context.metrics, checkMetrics(meta.metrics ?? []), label);
  if (showsMetrics() || meta.metrics === undefined) return given;
  const { metrics: _, ...others } = meta;
  return { ...given, meta: others };
}

type Method = (...args: unknown[]) => unknown;

function methodOf(component: SeldonComponent, name: ComponentMember): Method | undefined {
  const method = memberOf(component, name);
  return typeof method === 'function' ? (method as Method).bind(component) : undefined;
}

function toResponse(given: unknown): SeldonResponse {
  return isSeldonResponse(given) ? given : new SeldonResponse(given);
}

function lacks(method: string): never {
  throw new PredictionError(`The component has no method ${method}`, 501);
}
