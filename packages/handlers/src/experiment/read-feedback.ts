/** Feedback as clients send it: in the simple form, several as a list, and as a Feedback of Seldon's protocol. */
import { isPlainObject } from '../model-config.ts';
import { PredictionError } from '../prediction-error.ts';
import { valueText } from '../tensor/tensor-json.ts';
import type { Feedback } from './feedback.ts';

/** The routers of a graph, by their names, with the names of their arms in order. */
export type RouterArms = ReadonlyMap<string, readonly string[]>;

/** Of one request at most. */
const MOST = 10_000;
const KEYS = ['id', 'reward', 'rewards', 'route', 'feedback_id'];

/** One feedback, or why it is none. */
export type ReadFeedback = Feedback | PredictionError;

/** @throws PredictionError 400 for what is neither an object nor a list */
export function readFeedback(
  message: unknown,
  routers: RouterArms,
): { readonly isList: boolean; readonly all: ReadFeedback[] } {
  if (isPlainObject(message)) return { isList: false, all: [readOne(message, routers)] };
  if (!Array.isArray(message) || message.length === 0)
    throw badFeedback(
      `expected an object such as {"id": …, "reward": 1}, or a list of such, got ${valueText(message)}`,
    );
  if (message.length > MOST) throw badFeedback(`expected at most ${MOST} in a list, got ${message.length}`);
  return { isList: true, all: message.map((each) => readOne(each, routers)) };
}

function readOne(message: unknown, routers: RouterArms): ReadFeedback {
  try {
    if (!isPlainObject(message)) throw badFeedback(`expected an object, got ${valueText(message)}`);
    return isOfSeldon(message) ? ofSeldon(message, routers) : simple(message, routers);
  } catch (error) {
    if (error instanceof PredictionError) return error;
    throw error;
  }
}

/** Whether it has the form of Seldon's protocol. */
export function isOfSeldon(message: unknown): boolean {
  return isPlainObject(message) && (message['response'] !== undefined || message['request'] !== undefined);
}

type Message = Readonly<Record<string, unknown>>;

function simple(message: Message, routers: RouterArms): Feedback {
  const odd = Object.keys(message).find((key) => !KEYS.includes(key));
  if (odd !== undefined) throw badFeedback(`it has "${odd}"; known are ${KEYS.join(', ')}`);
  const { id, reward, rewards, route, feedback_id: own } = message;
  if ((reward === undefined) === (rewards === undefined))
    throw badFeedback('expected "reward", a number, or "rewards", a list');
  if ((id ?? route ?? undefined) === undefined)
    throw badFeedback('expected "id", that of the request (x-request-id of its answer), or "route"');
  const list = rewards === undefined ? [reward] : rewards;
  if (!Array.isArray(list) || list.length === 0)
    throw badFeedback(`expected "rewards" to be a list, got ${valueText(list)}`);
  return {
    request: textOf(id, 'id'),
    id: textOf(own, 'feedback_id') ?? textOf(id, 'id'),
    route: readRoute(route, routers),
    rewards: list.map(rewardOf),
  };
}

function textOf(value: unknown, name: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value !== '' && value.length <= 1000) return value;
  throw badFeedback(`expected "${name}" to be a text of up to 1000 characters, got ${valueText(value)}`);
}

function rewardOf(value: unknown): number {
  const reward = typeof value === 'bigint' ? Number(value) : value;
  if (typeof reward === 'number' && Number.isFinite(reward)) return reward;
  throw badFeedback(`expected a reward to be a finite number, got ${valueText(value)}`);
}

/** `ARM` of the only router, `NAME=ARM, NAME=ARM` as the answer has it, or an object. */
function readRoute(value: unknown, routers: RouterArms): Record<string, string> | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string' && !isPlainObject(value))
    throw badFeedback(
      `expected "route" to be a text as x-marserve-route has it, or an object, got ${valueText(value)}`,
    );
  const pairs = typeof value === 'string' ? value.split(',').map(pairOf) : Object.entries(value);
  const [only] = routers.keys();
  return Object.fromEntries(
    pairs.map(([name, arm]) => {
      const router = name === '' && routers.size === 1 ? (only ?? '') : name;
      return [router, checkedArm(router, arm, routers)];
    }),
  );
}

function pairOf(text: string): readonly [string, string] {
  const [name = '', arm] = text.trim().split('=');
  return arm === undefined ? ['', name] : [name, arm];
}

/** Those of nested graphs are known to those alone. */
function checkedArm(router: string, arm: unknown, routers: RouterArms): string {
  const arms = routers.get(router);
  const all = [...routers].map(([name, own]) => `${name}=${own.join('|')}`).join(', ');
  if (arms === undefined && !router.includes('/'))
    throw badFeedback(`route: there is no router "${router}"; there are ${all}`);
  if (typeof arm === 'string' && arms?.includes(arm) !== false) return arm;
  throw badFeedback(`route: "${router}" has no arm ${valueText(arm)}; there are ${all}`);
}

/** `meta.puid` is the id, and `meta.routing` has the place of an arm, or its name; -1 says nothing. */
function ofSeldon({ response, reward }: Message, routers: RouterArms): Feedback {
  const meta = isPlainObject(response) && isPlainObject(response['meta']) ? response['meta'] : {};
  const routing = isPlainObject(meta['routing']) ? Object.entries(meta['routing']) : [];
  const route = routing.flatMap(([router, place]) => {
    const arms = routers.get(router);
    if (arms === undefined || place === -1) return [];
    return [[router, checkedArm(router, typeof place === 'number' ? arms[place] : place, routers)] as const];
  });
  const id = textOf(meta['puid'] === '' ? undefined : meta['puid'], 'puid');
  return {
    request: id,
    id,
    rewards: [rewardOf(reward ?? 0)],
    ...(route.length > 0 && { route: Object.fromEntries(route) }),
  };
}

function badFeedback(problem: string): PredictionError {
  return new PredictionError(`Invalid feedback: ${problem}`, 400);
}
