/** A component in the manner of Seldon Core: a class with some of these methods, in camelCase or in Python's snake_case. */
import type { SeldonFeedback, SeldonMessage, SeldonMeta, SeldonMetric } from './seldon-message.ts';
import { snakeCase } from './snake-case.ts';

/** What a method works on: nested lists of `data`, a text of `strData`, a Buffer of `binData`, any JSON of `jsonData`. */
export type SeldonPayload = unknown;

/** What a method gives: lists or a tensor, a text, bytes, an object, or any of these as a `SeldonResponse`. */
export type SeldonResult = unknown;

const SELDON_RESPONSE: unique symbol = Symbol.for('marserve.seldonResponse');

/** What a method gives, with what is to be said beside it. */
export class SeldonResponse {
  /** A handler's module has a copy of this class of its own. */
  readonly [SELDON_RESPONSE] = true;
  /** What the method would have given without. */
  readonly data: SeldonResult;
  /** Of this answer, beside those of the component. */
  readonly tags: Readonly<Record<string, unknown>>;
  /** Of this call, beside those of the component. */
  readonly metrics: readonly SeldonMetric[];

  constructor(
    data: SeldonResult,
    {
      tags = {},
      metrics = [],
    }: { readonly tags?: Readonly<Record<string, unknown>>; readonly metrics?: readonly SeldonMetric[] } = {},
  ) {
    this.data = data;
    this.tags = tags;
    this.metrics = metrics;
  }
}

/** Whether a method gave one. */
export function isSeldonResponse(given: unknown): given is SeldonResponse {
  return typeof given === 'object' && given !== null && SELDON_RESPONSE in given;
}

/** The constructor gets one object with the parameters by their names. All methods may be async. */
export interface SeldonComponent {
  /** Called once, before the first request. */
  load?(): void | Promise<void>;
  /** Of a model. Without it, the answer is an empty list, as in the original. */
  predict?(X: SeldonPayload, names: readonly string[], meta: SeldonMeta): SeldonResult;
  /** Before the children of a node. Without it, what came is the answer. */
  transformInput?(X: SeldonPayload, names: readonly string[], meta: SeldonMeta): SeldonResult;
  /** After the children of a node. Without it, what came is the answer. */
  transformOutput?(X: SeldonPayload, names: readonly string[], meta: SeldonMeta): SeldonResult;
  /** The child that a request goes to: −1 for all, −2 for none. */
  route?(
    X: SeldonPayload,
    names: readonly string[],
    meta: SeldonMeta,
  ): number | SeldonResponse | Promise<number | SeldonResponse>;
  /** One answer of those of several children. */
  aggregate?(
    Xs: readonly SeldonPayload[],
    names: readonly (readonly string[])[],
    metas: readonly SeldonMeta[],
  ): SeldonResult;
  /** What came of a prediction. */
  sendFeedback?(
    X: SeldonPayload,
    names: readonly string[],
    reward: number,
    truth: SeldonPayload,
    routing: number | undefined,
  ): SeldonResult;
  /** The same as `predict`, on whole messages. */
  predictRaw?(message: SeldonMessage): SeldonMessage | Promise<SeldonMessage>;
  /** The same as `transformInput`, on whole messages. */
  transformInputRaw?(message: SeldonMessage): SeldonMessage | Promise<SeldonMessage>;
  /** The same as `transformOutput`, on whole messages. */
  transformOutputRaw?(message: SeldonMessage): SeldonMessage | Promise<SeldonMessage>;
  /** The same as `route`, on whole messages. */
  routeRaw?(message: SeldonMessage): SeldonMessage | Promise<SeldonMessage>;
  /** The same as `aggregate`, on whole messages. */
  aggregateRaw?(messages: readonly SeldonMessage[]): SeldonMessage | Promise<SeldonMessage>;
  /** The same as `sendFeedback`, on a whole message. */
  sendFeedbackRaw?(feedback: SeldonFeedback): SeldonMessage | Promise<SeldonMessage>;
  /** Names of the answer's columns; a list, or a function that gives it. */
  classNames?: readonly string[] | (() => readonly string[] | Promise<readonly string[]>);
  /** Added to every answer. */
  tags?(): Readonly<Record<string, unknown>> | Promise<Readonly<Record<string, unknown>>>;
  /** Taken after every call. */
  metrics?(): readonly SeldonMetric[] | Promise<readonly SeldonMetric[]>;
  /** What it says of itself: name, versions, platform, inputs, outputs, custom. */
  initMetadata?(): Readonly<Record<string, unknown>> | Promise<Readonly<Record<string, unknown>>>;
  /** Lists or a text; throws when it is not well. Default: `healthy`. */
  healthStatus?(): SeldonResult;
}

/** How a component is made. */
export type ComponentClass = new (parameters: Readonly<Record<string, unknown>>) => SeldonComponent;

/** One of its members; the name as in this interface. */
export type ComponentMember = keyof SeldonComponent;

/** The member, whichever way it is spelled; undefined where there is none. */
export function memberOf(component: object, name: ComponentMember): unknown {
  const own = component as Readonly<Record<string, unknown>>;
  return own[name] ?? own[snakeCase(name)];
}

/** Whether a class is a component: it has a method of one, and none of a handler. */
export function isComponentClass(value: unknown): value is ComponentClass {
  if (typeof value !== 'function') return false;
  const prototype = value.prototype as object | undefined;
  if (prototype === undefined || typeof (prototype as { readonly handle?: unknown }).handle === 'function')
    return false;
  return TELLING.some((name) => typeof memberOf(prototype, name) === 'function');
}

/** Any of these makes a class a component. */
const TELLING = (['predict', 'transformInput', 'transformOutput', 'route', 'aggregate'] as const).flatMap(
  (name): ComponentMember[] => [name, `${name}Raw`],
);
