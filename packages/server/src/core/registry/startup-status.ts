/** The models that were asked for when the server started: which are still being loaded, and which could not be. */
import { ServeError } from '../errors.ts';
import type { ModelKey } from '../model-key.ts';
import type { RegisteredVersion } from './registered-version.ts';

/** A model as the start asked for it. */
export interface StartupModel {
  /** Archive name in the model store, or its address. */
  readonly url: string;
  /** What it is called where people read of it. */
  readonly label: string;
  /** Undefined until the archive's manifest says it. */
  readonly name?: string;
  /** Undefined until the archive's manifest says it. */
  readonly version?: string;
}

/** A model of the start that is not registered. */
export interface MissingModel extends StartupModel {
  /** Why it could not be loaded; undefined while it is being loaded. */
  readonly failure?: string;
}

/** Seconds after which a client should ask again for a model that is being loaded. */
const RETRY_AFTER_SECONDS = 1;

/** What is registered is the registry's to tell; this knows what is not, or not yet. */
export class StartupStatus {
  /** Model → why it could not be loaded; undefined while it is being loaded. */
  readonly #missing: Map<StartupModel, string | undefined>;
  readonly #loaded = new WeakSet<RegisteredVersion>();
  #onChange = () => {};

  constructor(models: readonly StartupModel[] = []) {
    this.#missing = new Map(models.map((model) => [model, undefined]));
  }

  /** Calls back after each change. */
  watch(listener: () => void): void {
    this.#onChange = listener;
  }

  /** Models that are not registered, in the order in which they were asked for. */
  missing(): MissingModel[] {
    return [...this.#missing].map(([model, failure]) => ({ ...model, failure }));
  }

  /** Takes over what another process knows. */
  copy(missing: readonly MissingModel[]): void {
    this.#missing.clear();
    for (const { failure, ...model } of missing) this.#missing.set(model, failure);
  }

  /** Whether a version was registered because the start asked for it. */
  includes(registered: RegisteredVersion): boolean {
    return this.#loaded.has(registered);
  }

  /** The model is registered; `registered` is undefined when another one of the start is the same. */
  loaded(model: StartupModel, registered?: RegisteredVersion): void {
    this.#missing.delete(model);
    if (registered !== undefined) this.#loaded.add(registered);
    this.#onChange();
  }

  /** The model could not be loaded: the server is not ready until it is registered, or given up. */
  failed(model: StartupModel, reason: string): void {
    if (this.#missing.has(model)) this.#missing.set(model, reason);
    this.#onChange();
  }

  /** Whether the model could not be loaded, and has not been given up. */
  hasFailed(model: StartupModel): boolean {
    return this.#missing.get(model) !== undefined;
  }

  /** A version was registered: what failed under its name, or from its archive, is made good. */
  replacedBy({ name, version }: ModelKey, url: string): void {
    for (const [model, failure] of this.#missing) {
      const isSame = nameOf(model) === name && (model.version ?? version) === version;
      if (failure !== undefined && (isSame || model.url === url)) this.#missing.delete(model);
    }
    this.#onChange();
  }

  /** Gives up models that could not be loaded; false when there is none of that name and version. */
  forget(name: string, version?: string): boolean {
    const found = [...this.#missing].filter(
      ([model, failure]) => failure !== undefined && isMeant(model, { name, version }),
    );
    for (const [model] of found) this.#missing.delete(model);
    this.#onChange();
    return found.length > 0;
  }

  /** Why a model that is not registered cannot be found, when the start has to do with it: `model_starting` or `model_failed`. */
  explain(name: string, version?: string): ServeError | undefined {
    const subject = `Model "${name}"${version === undefined ? '' : ` Version "${version}"`}`;
    const failed = [...this.#missing].find(
      ([model, failure]) => failure !== undefined && isMeant(model, { name, version }),
    );
    // Until its manifest is read, an archive may hold any model.
    const loading = this.#loading().filter(
      (model) =>
        model.name === undefined || isMeant({ ...model, version: model.version ?? version }, { name, version }),
    );
    if (loading.length > 0) {
      const problem = `${subject} is not ready: the server is starting and loads its models (${this.#loading().length} to go)`;
      const retryAfterSeconds = RETRY_AFTER_SECONDS;
      return new ServeError('model_starting', `${problem}. Try again later.`, { retryAfterSeconds });
    }
    if (failed === undefined) return undefined;
    return new ServeError('model_failed', `${subject} could not be loaded when the server started. /ready says why.`);
  }

  #loading(): StartupModel[] {
    return [...this.#missing].flatMap(([model, failure]) => (failure === undefined ? [model] : []));
  }
}

function isMeant(
  model: StartupModel,
  { name, version }: { readonly name: string; readonly version?: string },
): boolean {
  return nameOf(model) === name && (version === undefined || model.version === undefined || model.version === version);
}

/** As TorchServe guesses it from the archive's name. */
function nameOf({ name, url }: StartupModel): string {
  if (name !== undefined) return name;
  const file =
    url
      .replace(/[?#].*$/, '')
      .replace(/\/+$/, '')
      .split('/')
      .at(-1) ?? '';
  return file.replace(/\.(mar|model|tar\.gz|tgz)$/i, '');
}
