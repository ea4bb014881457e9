/** What a registration may say, and how it, the model's own config and the server's config make the settings. */
import type { ModelDefaults } from './model-source.ts';
import type { VersionSettings } from './version-settings.ts';

/** Between these two numbers, both inclusive, a version has workers. */
export interface WorkerRange {
  readonly min: number;
  readonly max: number;
}

/** What was asked for when an archive was registered, and since then; what is undefined was not said. */
export interface Registration {
  /** Archive name in the model store, or an address that `allowed_urls` admits. */
  readonly url: string;
  readonly modelName?: string;
  readonly handler?: string;
  readonly runtime?: string;
  readonly workers?: WorkerRange;
  readonly settings?: Partial<VersionSettings>;
  /** Whether it was loaded when the daemon started, not by a later registration. */
  readonly loadedAtStartup?: boolean;
}

/** What the server's configuration says for models that say nothing. */
export interface RegistrationDefaults {
  readonly settings: VersionSettings;
  readonly workers: WorkerRange;
}

export interface ResolvedRegistration {
  readonly settings: VersionSettings;
  readonly workers: WorkerWish;
}

/** Numbers of workers that somebody asked for, or that the server gives where nobody did. */
export interface WorkerWish {
  readonly range: WorkerRange;
  readonly isAsked: boolean;
}

/** What was said explicitly wins: the request over the model's config over the server's. */
export function resolveRegistration(
  registration: Registration,
  model: ModelDefaults,
  server: RegistrationDefaults,
): ResolvedRegistration {
  const { minWorkers, maxWorkers, ...modelSettings } = model;
  const asked = registration.workers ?? rangeOf(minWorkers, maxWorkers);
  return {
    settings: { ...server.settings, ...defined(modelSettings), ...defined(registration.settings ?? {}) },
    workers: { range: asked ?? server.workers, isAsked: asked !== undefined },
  };
}

/** A greatest number counts only together with a least one. */
function rangeOf(min: number | undefined, max = min): WorkerRange | undefined {
  return min === undefined ? undefined : { min, max: Math.max(min, max ?? min) };
}

function defined<T extends object>(settings: T): Partial<T> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as Partial<T>;
}
