/** Makes the manifest: TorchServe's fields in its order, then what marserve adds. */
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import type { Manifest } from '../format/manifest.ts';
import type { HandlerSource } from '../handler/handler-source.ts';
import type { PackageOptions } from '../package-options.ts';
import { PackagingError } from '../packaging-error.ts';

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
    createdOn: createdOn(process.env.SOURCE_DATE_EPOCH),
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

/** `dd/mm/YYYY HH:MM:SS`: now in local time, or the given time in UTC. */
function createdOn(sourceDateEpoch: string | undefined): string {
  if (sourceDateEpoch === undefined || sourceDateEpoch === '') {
    const now = new Date();
    return format(new Date(now.getTime() - now.getTimezoneOffset() * 60_000));
  }
  if (!/^\d{1,12}$/.test(sourceDateEpoch)) {
    const message = `SOURCE_DATE_EPOCH is "${sourceDateEpoch}"; expected seconds since 1970, a whole number.`;
    throw new PackagingError('invalid_option', message);
  }
  return format(new Date(Number(sourceDateEpoch) * 1000));
}

function format(date: Date): string {
  const [, year, month, day, time] = /^(\d+)-(\d+)-(\d+)T([\d:]+)/.exec(date.toISOString()) ?? [];
  return `${day}/${month}/${year} ${time}`;
}

function nameOf(file: string | undefined): string | undefined {
  return file === undefined ? undefined : basename(file);
}
