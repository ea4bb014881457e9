/** The end of several models at once. */
import type { ControlPlane } from '../control-plane.ts';
import { assertNotNeeded } from './model-needs.ts';

/**
 * Unregisters all versions of several models, whether they ask each other or not; those that are not there are left out.
 * @throws ServeError as `ControlPlane.unregister`; `model_needed` for what others ask, before any of them is gone
 */
export async function unregisterTogether(controlPlane: ControlPlane, names: readonly string[]): Promise<void> {
  const { registry } = controlPlane;
  const there = names.filter((name) => registry.find({ name }) !== undefined);
  const ofAll = there.map((name) => registry.versionsOf(name));
  const leaving = ofAll.flat();
  for (const versions of ofAll) assertNotNeeded(registry, versions, { leaving });
  for (const name of there) await controlPlane.unregisterAll(name, { isForced: true });
}
