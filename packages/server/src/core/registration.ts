/** What a registration may say, and how it, the model's own config and the server's config make the settings. */
import type { ModelDefaults } from './model-source.ts';
import type { VersionSettings } from './version-settings.ts';

/** A request to register an archive; what is undefined was not said. */
export interface Registration {
  /** Archive name in the model store, or an address that `allowed_urls` admits. */
  readonly url: string;
  readonly modelName?: string;
  readonly handler?: string;
  readonly runtime?: string;
  readonly initialWorkers?: number;
  readonly settings?: Partial<VersionSettings>;
  readonly loadedAtStartup?: boolean;
  /** Whether the version is unregistered again when a worker does not start; by default it stays, and is tried again. */
  readonly undoOnFailure?: boolean;
}

/** What the server's configuration says for models that say nothing. */
export interface RegistrationDefaults {
  readonly settings: VersionSettings;
  readonly workers: { readonly min: number; readonly max: number };
}

export interface ResolvedRegistration {
  readonly settings: VersionSettings;
  readonly workers: { readonly min: number; readonly max: number };
}

/** What was said explicitly wins: the request over the model's config over the server's. */
export function resolveRegistration(
  registration: Registration,
  model: ModelDefaults,
  server: RegistrationDefaults,
): ResolvedRegistration {
  const { minWorkers, maxWorkers: _, ...modelSettings } = model;
  const min = registration.initialWorkers ?? minWorkers ?? server.workers.min;
  const max = greatestOf(registration, model, server) ?? min;
  return {
    settings: { ...server.settings, ...defined(modelSettings), ...defined(registration.settings ?? {}) },
    workers: { min, max: Math.max(min, max) },
  };
}

/** A greatest number counts only together with the least number that was said in the same place. */
function greatestOf(
  registration: Registration,
  model: ModelDefaults,
  server: RegistrationDefaults,
): number | undefined {
  if (registration.initialWorkers !== undefined) return undefined;
  return model.minWorkers === undefined ? server.workers.max : model.maxWorkers;
}

function defined<T extends object>(settings: T): Partial<T> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as Partial<T>;
}
