/** Whether the models that a version cannot do without can serve, and waiting until they can. */
import { ServeError } from '../errors.ts';
import type { ModelNeed } from './model-needs.ts';
import type { ModelRegistry } from './model-registry.ts';
import type { RegisteredVersion } from './registered-version.ts';
import { startTimer } from '../timer.ts';
import { readinessOf, whyNotServing } from './version-readiness.ts';

/** A model that cannot serve, and is needed. */
export interface MissingNeed {
  /** Which, and why it cannot serve. */
  readonly text: string;
  /** Whether it is on its way: registered and starting, or among those that a start loads. */
  readonly isComing: boolean;
}

/** For how long a version waits, and for what. */
export interface NeedsWait {
  /** Milliseconds; undefined where nobody waits. */
  readonly timeoutMs: number | undefined;
  /** Whether the version stays, ready or not: then it waits only for what is on its way. */
  readonly stays: boolean;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Those that the version cannot do without, and that cannot serve at this moment. */
export function missingNeeds(registry: ModelRegistry, { model }: Pick<RegisteredVersion, 'model'>): MissingNeed[] {
  return model.needs.filter(({ isHard }) => isHard).flatMap((need) => missing(registry, need) ?? []);
}

function missing(registry: ModelRegistry, { name, version }: ModelNeed): MissingNeed | undefined {
  const needed = registry.find({ name, ...(version !== undefined && { version }) });
  const text = version === undefined ? `"${name}"` : `"${name}/${version}"`;
  if (needed === undefined) {
    const isComing = registry.startup.explain(name, version)?.code === 'model_starting';
    return { text: `${text} (${isComing ? 'it is being loaded' : 'it is not registered'})`, isComing };
  }
  const reason = whyNotServing(needed);
  if (reason === undefined) return undefined;
  return { text: `${text} (${reason})`, isComing: readinessOf(needed).state === 'starting' };
}

/** Resolves when none is missing, or the wait is over. @throws ServeError `needs_not_ready` then, unless the version stays */
export async function awaitNeeds(
  registry: ModelRegistry,
  registered: RegisteredVersion,
  { timeoutMs, stays, signal }: NeedsWait,
): Promise<void> {
  if (timeoutMs === undefined) return;
  const isOver = () =>
    !missingNeeds(registry, registered).some(({ isComing }) => isComing || !stays) ||
    registry.find(registered.key) !== registered;
  if (!isOver() && !signal.aborted) await watchUntil(isOver, { registry, registered, timeoutMs, signal });
  if (!stays) assertNeedsReady(registered, missingNeeds(registry, registered));
}

interface Watched {
  readonly registry: ModelRegistry;
  readonly registered: RegisteredVersion;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

async function watchUntil(isOver: () => boolean, { registry, registered, timeoutMs, signal }: Watched): Promise<void> {
  let stop = () => {};
  await new Promise<void>((resolve) => {
    const end = () => resolve();
    const timer = startTimer(end, timeoutMs);
    signal.addEventListener('abort', end);
    const unwatch = watchNeeds(registry, registered, () => {
      if (isOver()) resolve();
    });
    stop = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      unwatch();
    };
  });
  stop();
}

/** @throws ServeError `needs_not_ready` that names those which are missing */
export function assertNeedsReady({ key }: Pick<RegisteredVersion, 'key'>, found: readonly MissingNeed[]): void {
  if (found.length === 0) return;
  const subject = `Model "${key.name}" Version "${key.version}"`;
  throw new ServeError('needs_not_ready', `${subject} needs ${found.map(({ text }) => text).join(', ')}`);
}

/** Calls back when a model that the version asks may have become ready, or another; until the result is called. */
export function watchNeeds(
  registry: ModelRegistry,
  { model }: Pick<RegisteredVersion, 'model'>,
  listener: () => void,
): () => void {
  const watched = new Map<RegisteredVersion, () => void>();
  const look = () => {
    for (const { name, version } of model.needs) {
      const needed = registry.find({ name, ...(version !== undefined && { version }) });
      if (needed !== undefined && !watched.has(needed)) watched.set(needed, needed.serving.watchWorkers(listener));
    }
  };
  const unwatch = registry.watch(() => {
    look();
    listener();
  });
  look();
  return () => {
    unwatch();
    for (const end of watched.values()) end();
  };
}

/** What is asked before the models behind it are there says nothing, and is asked when they are. @throws whatever else it is */
export function unlessNeedsMiss(error: unknown): void {
  if (!(error instanceof ServeError) || error.code !== 'needs_not_ready') throw error;
}
