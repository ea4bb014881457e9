/** What works beyond the protocol itself, by the names that Triton and KServe gave it; the same over REST and gRPC. */
import type { Planes } from '../../protocol.ts';

/** For whoever asks for predictions. */
const INFERENCE = [
  'binary_tensor_data',
  'classification',
  'generate',
  'model_configuration',
  'parameters',
  'schedule_policy',
  'statistics',
];

/** For whoever may change models; `model_repository_extension` is what KServe calls it. */
const REPOSITORY = ['model_repository', 'model_repository(unload_dependents)', 'model_repository_extension'];

/**
 * Those that work where predictions are served: what manages models is one of them where both have one address.
 */
export function inferenceExtensions(planes: ExtensionFacts): string[] {
  return planes.isManagedBesideInference ? [...INFERENCE, ...managementExtensions(planes)] : INFERENCE;
}

/** Those that work where models are managed. */
export function managementExtensions({ modelApiEnabled }: ExtensionFacts): string[] {
  return ['logging', ...(modelApiEnabled ? REPOSITORY : [])];
}

type ExtensionFacts = Pick<Planes, 'isManagedBesideInference' | 'modelApiEnabled'>;
