/** The policies of routers by their names. */
import { canary } from './canary.ts';
import type { PolicyKind } from './router-policy.ts';
import { shadow } from './shadow.ts';
import { weighted } from './weighted.ts';

/** One line a policy. */
export const POLICIES: Readonly<Record<string, PolicyKind>> = { weighted, shadow, canary };
