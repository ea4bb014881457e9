/** A step `router` of a graph's YAML. */
import { configError, isPlainObject, oneOf } from '../../model-config.ts';
import type { Step } from '../step.ts';
import { OWN } from './own-policy.ts';
import { POLICIES } from './policies.ts';
import type { PolicyConfig, RouterPlace } from './router-policy.ts';

/** Keys of every router, beside those of every step. */
const ROUTER_KEYS = ['router', 'policy'];

/** The keys that a router may have, of its policy too. @throws Error for a policy that there is not */
export function routerKeys(fields: Readonly<Record<string, unknown>>, key: string): string[] {
  return [...ROUTER_KEYS, ...kindOf(fields, key).keys];
}

/** @throws Error for a wrong option, with its place */
export function readPolicy(fields: Readonly<Record<string, unknown>>, place: RouterPlace): PolicyConfig {
  const { key, name, arms } = place;
  if (!isHeaderName(name)) throw configError(`${key}.name`, NAME, name);
  const odd = arms.find((arm) => !isHeaderName(arm));
  if (odd !== undefined) throw configError(`${key}.router`, `arms, each ${NAME}`, odd);
  return kindOf(fields, key).read(fields, place);
}

function kindOf(fields: Readonly<Record<string, unknown>>, key: string) {
  const { policy } = fields;
  if (isPlainObject(policy)) return OWN;
  return POLICIES[oneOf(...Object.keys(POLICIES))(policy, `${key}.policy`)] as (typeof POLICIES)[string];
}

const NAME = 'a name of visible characters of ASCII, without commas, semicolons and equals signs';

/** It is told in a header, as `NAME=ARM`. */
function isHeaderName(name: string): boolean {
  return /^[!-~]+$/.test(name) && !/[,;=]/.test(name);
}

/** What is known of a router is known by its name. @param routers names of all of a graph @throws Error for a name that two have */
export function assertOwnNames(routers: readonly Step[]): void {
  const names = routers.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new Error(`Model config: the graph has several routers "${twice}": give them names of their own`);
}
