/** The policy `canary`: a new version gets more and more requests while it does well, and none when it does not. */
import { CANARY_KEYS, readCanary, STABLE } from './canary/canary-config.ts';
import type { PolicyKind } from './router-policy.ts';

/** The arms are `stable` and `canary`. */
export const canary: PolicyKind = {
  keys: CANARY_KEYS,
  read(fields, place) {
    const config = readCanary(fields, place);
    return {
      neededArms: [STABLE],
      // Those that somebody set before the policy was a canary are not its.
      takesWeights: true,
      async open(context, arms) {
        // The server reads graphs as well, and keeps nothing.
        const { openCanary } = await import('./canary/open-canary.ts');
        return openCanary(config, context, arms);
      },
    };
  },
};
