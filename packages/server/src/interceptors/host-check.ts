/**
 * Answers calls only by names that the server was told it has. A web page whose name was made to lead here (DNS rebinding)
 * has its own name in the header Host, which no page can forge.
 */
import { ServeError } from '../core/errors.ts';
import type { Audience } from '../protocols/endpoint.ts';
import type { HostRule } from './host-rule.ts';
import type { Call, Interceptor } from './interceptor.ts';

/** The rule of each audience that has one; open calls have that of their listener. */
export type HostRules = Readonly<Partial<Record<Audience, HostRule>>>;

/**
 * Refuses the calls of an API by names that its rule does not allow; an API without a rule takes any. @throws
 * ServeError from `admit`
 */
export function createHostCheck(rules: HostRules): Interceptor {
  return {
    admit(call) {
      const rule = rules[call.audience === 'open' ? call.listener : call.audience];
      if (rule !== undefined) assertHost(call, rule);
    },
  };
}

/** HTTP/1.0 does without the header, and no browser speaks that. */
function assertHost(call: Call, rule: HostRule): void {
  const host = call.header('host');
  if (host === undefined || rule.allows(host)) return;
  const message = `The header Host names "${host.slice(0, 200)}", and this address answers only to hosts that it was told. If this name is meant to lead here, add it to ${rule.key}.`;
  throw new ServeError('permission_denied', message);
}
