/** Which models there are, loaded or not, in the words of Triton's model repository extension. */
import type { ControlPlane } from '../../../core/control-plane.ts';
import { healthOf, type ModelHealth } from '../../../core/health.ts';
import type { StoredArchive } from '../../../core/registry/model-source.ts';
import { redactSecrets } from '../../../core/redact-secrets.ts';

/** As Triton tells it: `UNLOADING` is not among them, because a version that is unloaded is gone from the index at once. */
export type ModelState = 'READY' | 'LOADING' | 'UNAVAILABLE';

/** As `inference.RepositoryIndexResponse.ModelIndex`. */
export interface ModelIndex {
  /** Name of the model; of an archive that cannot be read its file's. */
  readonly name: string;
  /** Empty for an archive that cannot be read, or has not been read yet. */
  readonly version: string;
  /** Triton's word for it. */
  readonly state: ModelState;
  /** Why it is not ready; empty when it is. */
  readonly reason: string;
}

/** Loaded models first, then what lies in the store and is not loaded. */
export async function repositoryIndex(controlPlane: ControlPlane, isReady: boolean): Promise<ModelIndex[]> {
  const { registry } = controlPlane;
  const known = healthOf(registry).models.map((model) => {
    const { name, version = '' } = model;
    const canServe = version !== '' && registry.find({ name: name ?? '', version })?.serving.canServe === true;
    return indexOf(model, canServe);
  });
  if (isReady) return known.filter(({ state }) => state === 'READY');
  const isKnown = ({ key }: StoredArchive) =>
    known.some(({ name, version }) => name === key.name && version === (key.version ?? ''));
  const archives = await controlPlane.archives();
  return [...known, ...archives.filter((archive) => !isKnown(archive)).map(unloaded)];
}

function indexOf({ name, version = '', label = '', state, reason = '' }: ModelHealth, canServe: boolean): ModelIndex {
  const isReady = state === 'ready' || (state === 'idle' && canServe);
  return {
    name: name ?? label,
    version,
    state: isReady ? 'READY' : state === 'starting' ? 'LOADING' : 'UNAVAILABLE',
    reason: isReady ? '' : redactSecrets(reason === '' ? 'no workers were asked for' : reason),
  };
}

function unloaded({ key: { name, version = '' }, problem = 'unloaded' }: StoredArchive): ModelIndex {
  return { name, version, state: 'UNAVAILABLE', reason: problem };
}
