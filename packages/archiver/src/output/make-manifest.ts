/** Makes the manifest: TorchServe's fields in its order, then what marserve adds. */
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import type { Manifest } from '../format/manifest.ts';
import type { HandlerSource } from '../handler/handler-source.ts';
import type { PackageOptions } from '../package-options.ts';
import { createdOn } from './created-on.ts';

/** Version of this package. */
export const ARCHIVER_VERSION: string = (
  createRequire(import.meta.url)('../../package.json') as { readonly version: string }
).version;

/** What the manifest says beside the options. */
export interface ManifestContent {
  /** What `--handler` stands for. */
  readonly handler: HandlerSource;
  /** Of the model that was opened; undefined without one. */
  readonly signature?: Manifest['model']['signature'];
  /** That a transformer is made for. */
  readonly predictor?: Manifest['predictor'];
  /** By path; sorted. */
  readonly files: NonNullable<Manifest['files']>;
}

/** Fields without a value are left out when the manifest is written as JSON. */
export function makeManifest(
  options: PackageOptions,
  { handler, signature, predictor, files }: ManifestContent,
): Manifest {
  return {
    createdOn: createdOn(),
    runtime: handler.runtime,
    model: {
      modelName: options.modelName,
      serializedFile: nameOf(options.serializedFile),
      handler: handler.manifestName,
      modelFile: nameOf(options.modelFile),
      modelVersion: options.version,
      requirementsFile: nameOf(options.requirementsFile),
      configFile: nameOf(options.configFile),
      signature,
    },
    archiverVersion: ARCHIVER_VERSION,
    predictor,
    files,
  };
}

function nameOf(file: string | undefined): string | undefined {
  return file === undefined ? undefined : basename(file);
}
