/** What every protocol's inference endpoints call. */
import { createAdmission, type Admission } from './admission.ts';
import { ServeError } from './errors.ts';
import { healthOf } from './health.ts';
import type { VersionFigures } from './jobs/version-statistics.ts';
import type { Metrics } from './metrics.ts';
import { mostInRequest } from './most-in-request.ts';
import type { ModelKey } from './model-key.ts';
import type { ModelSignature } from './model-signature.ts';
import type { ModelRegistry } from './registry/model-registry.ts';
import type { RegisteredVersion } from './registry/registered-version.ts';
import { whyNotServing } from './registry/version-readiness.ts';

/** Answers requests with the models that are registered. */
export interface DataPlane {
  /**
   * Looks for the version that will serve a request, before its body is read.
   * @param requests how many it stands for, and counts as; default 1
   * @throws ServeError as `ModelRegistry.resolve`; `default_version_not_ready`, `no_worker` or `queue_full`
   */
  admit(name: string, version?: string, requests?: number): Admission;
  /** Whether every model that was asked for can serve. That the server is alive is shown by any answer. */
  isReady(): boolean;
  /** Names of the models, in alphabetical order. */
  modelNames(): string[];
  /**
   * Whether a request to the version, or to the default one, would be run, and why not.
   * @throws ServeError as `ModelRegistry.resolve`
   */
  modelReadiness(name: string, version?: string): ModelReadiness;
  /** Which version is meant, and which model that is. @throws ServeError as `ModelRegistry.resolve` */
  modelIdentity(name: string, version?: string): ModelIdentity;
  /**
   * What the version, or the default one, is.
   * @throws ServeError as `ModelRegistry.resolve`; `no_worker` while no worker has told what it takes and gives
   */
  modelMetadata(name: string, version?: string): ModelMetadata;
  /**
   * What has become of the requests to a version, to all versions of a model, or to all models, by name and the default first.
   * @throws ServeError as `ModelRegistry.resolve`
   */
  modelFigures(name?: string, version?: string): ModelFigures[];
}

/** The sums of a version's requests. */
export interface ModelFigures extends VersionFigures {
  /** The version's name and number. */
  readonly key: ModelKey;
}

/** A version, and the model in it. */
export interface ModelIdentity extends ModelKey {
  /** `sha256:…` of the serialized model; undefined for one without a file of its own. */
  readonly digest?: string | undefined;
}

/** Whether a version can serve. */
export interface ModelReadiness {
  /** Whether a request would be run now. */
  readonly isReady: boolean;
  /** Why not, a sentence without its end; undefined when it is ready. */
  readonly reason?: string;
}

/** What clients may know of a version. */
export interface ModelMetadata extends ModelSignature, ModelIdentity {
  /** See `RegisteredVersion`. */
  readonly serial: number;
  /** All versions of the model, the default one first. */
  readonly versions: readonly string[];
  /** What runs it: the runtime of its archive and its handler, `node/base_handler`. */
  readonly platform: string;
  /** How many requests may share one, their rows one behind another; 1 for a version that takes each by itself. */
  readonly sharedBy: number;
}

/** Jobs go to the registry's versions; every admitted or refused one of a known model is counted as received. */
export function createDataPlane(registry: ModelRegistry, metrics: Metrics): DataPlane {
  return {
    admit: createAdmission(registry, metrics),
    isReady: () => healthOf(registry).isReady,
    modelNames: () => registry.names(),
    modelReadiness: (name, version) => modelReadiness(registry.resolve(name, version)),
    modelIdentity(name, version) {
      const { key, model } = registry.resolve(name, version);
      return { ...key, digest: model.digest };
    },
    modelMetadata(name, version) {
      const versions = registry.versionsOf(name).map(({ key }) => key.version);
      return modelMetadata(registry.resolve(name, version), versions);
    },
    modelFigures: (name, version) =>
      meantVersions(registry, name, version).map(({ key, serving }) => ({ key, ...serving.figures })),
  };
}

function meantVersions(registry: ModelRegistry, name?: string, version?: string): RegisteredVersion[] {
  if (name === undefined) return registry.names().flatMap((each) => registry.versionsOf(each));
  return version === undefined ? registry.versionsOf(name) : [registry.resolve(name, version)];
}

function modelReadiness(registered: RegisteredVersion): ModelReadiness {
  const reason = whyNotServing(registered);
  return reason === undefined ? { isReady: true } : { isReady: false, reason };
}

function modelMetadata(registered: RegisteredVersion, versions: readonly string[]): ModelMetadata {
  const { key, serial, serving, model } = registered;
  const { signature } = serving;
  const { runtime, model: archived } = model.manifest;
  const { digest } = model;
  if (signature !== undefined) {
    const platform = `${runtime}/${archived.handler}`;
    return { ...key, serial, versions, digest, platform, sharedBy: mostInRequest(serving), ...signature };
  }
  const { reason = 'no worker has been started yet' } = modelReadiness(registered);
  const subject = `Model "${key.name}" Version "${key.version}"`;
  throw new ServeError('no_worker', `${subject} cannot tell what it takes and gives before it is loaded: ${reason}`);
}
