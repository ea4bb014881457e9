/** What a registration may say, and how it, the model's own config and the server's config make the settings. */
import type { ModelDefaults } from './model-source.ts';
import type { VersionSettings } from './version-settings.ts';

/** Between these two numbers, both inclusive, a version has workers. */
export interface WorkerRange {
  /** Fewest workers, ≥ 0; these are kept running. */
  readonly min: number;
  /** Most workers, ≥ `min`; those above `min` come and go with the load. */
  readonly max: number;
}

/** What was asked for when an archive was registered, and since then; what is undefined was not said. */
export interface Registration {
  /** Archive name in the model store, an address that `allowed_urls` admits, or `handler:NAME[/VERSION]` of a built-in one. */
  readonly url: string;
  /** Another name than the manifest's. */
  readonly modelName?: string;
  /** Another handler than the manifest's: a file in the archive, or a built-in one's name. */
  readonly handler?: string;
  /** Another runtime than the manifest's. */
  readonly runtime?: string;
  /** Keys in place of those of the model's own YAML file; checked as they are. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** How many workers, where it said so; the model's and the server's numbers otherwise. */
  readonly workers?: WorkerRange;
  /** How many workers at least, where neither it nor the model says a number; default what the server says. */
  readonly leastWorkers?: number;
  /** What it said of how the version is served; the rest is the model's or the server's. */
  readonly settings?: Partial<VersionSettings>;
  /** Whether it was loaded when the daemon started, not by a later registration. */
  readonly loadedAtStartup?: boolean;
}

/** What the server's configuration says for models that say nothing. */
export interface RegistrationDefaults {
  /** All of them. */
  readonly settings: VersionSettings;
  /** How many workers a model gets that asks for no number. */
  readonly workers: WorkerRange;
}

/** How a version is served, when everybody has been asked. */
export interface ResolvedRegistration {
  /** All of them; fixed for the version's life. */
  readonly settings: VersionSettings;
  /** How many workers it would have, before `admitWorkers` says how many it may have. */
  readonly workers: RequestedWorkers;
}

/** Numbers of workers that somebody asked for, or that the server gives where nobody did. */
export interface RequestedWorkers {
  /** The numbers. */
  readonly range: WorkerRange;
  /** Whether somebody asked for them: then they are met or refused, never lowered. */
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
