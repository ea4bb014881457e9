/** Where unpacked models come from; `storage/` provides it. */
import type { GoldenRequest } from '../golden/golden-check.ts';
import type { ModelNeed } from './model-needs.ts';
import type { ModelRoute } from './model-routes.ts';
import type { VersionSettings } from './version-settings.ts';

/** What core reads of a manifest. */
export interface ModelManifest {
  /** What its workers run in; only `node` is there, and others fail when their workers start. */
  readonly runtime: string;
  /** Name, version, and the handler: a file in the archive, or a built-in one's name. */
  readonly model: {
    readonly modelName: string;
    readonly modelVersion: string;
    readonly handler: string;
  };
}

/** What the model's own config file sets; everything else in it is for the handler. */
export interface ModelDefaults extends Partial<VersionSettings> {
  /** Fewest workers; undefined for the server's default. */
  readonly minWorkers?: number;
  /** Most workers; counts only beside `minWorkers`. */
  readonly maxWorkers?: number;
}

/** An archive, read and unpacked. */
export interface UnpackedModel {
  /** As in the archive; a registration's own handler, runtime and name in their places. */
  readonly manifest: ModelManifest;
  /** `sha256:…` of the serialized model, the same in each archive of it; undefined for one without a file of its own. */
  readonly digest?: string | undefined;
  /** The model's YAML file, whole, as JSON: only workers read it, and it can be long. */
  readonly modelConfig: string;
  /** What its config sets of how it is served; a registration's own words come first. */
  readonly defaults: ModelDefaults;
  /** Paths that its handler answers itself; mostly none. */
  readonly routes: readonly ModelRoute[];
  /** The model whose answers it explains to clients of that; mostly none. */
  readonly explains?: string | undefined;
  /** Other models of the server that its handler asks; mostly none. */
  readonly needs: readonly ModelNeed[];
  /** What is odd about its config but no error, a sentence each. */
  readonly warnings: readonly string[];
  /** Folder with the unpacked files. */
  readonly modelDir: string;
  /** How the archive was asked for; shown as `modelUrl`. */
  readonly url: string;
  /** When the archive was changed last before it was unpacked, in milliseconds since 1970. */
  readonly modifiedMs: number;
  /** Example requests that it brings along; mostly none. */
  readonly golden: readonly GoldenRequest[];
  /** Name in the model store of an archive that was downloaded for this registration, and goes with it. */
  readonly downloadedAs?: string;
  /**
   * Unpacks the files again where somebody has deleted some, such as who tidies up temporary folders.
   * @returns undefined when they are all there; else what resolves when they are
   * @throws ServeError (the promise) that names the folder, when the archive is gone or is another
   */
  restoreFiles(): Promise<void> | undefined;
  /** Deletes the folder, and a downloaded archive too unless it is to be there at the next start. */
  remove(options?: RemoveOptions): Promise<void>;
}

/** What is spared when a model's files go. */
export interface RemoveOptions {
  /** Default false. */
  readonly keepsDownload?: boolean;
}

/** How an archive is opened, and when that is given up. */
export interface OpenOptions {
  /** Called with the manifest before anything is unpacked; what it throws ends the registration. */
  readonly admit: (manifest: ModelManifest) => void;
  /** Gives up fetching and unpacking. */
  readonly signal: AbortSignal;
  /** Gives up fetching alone. */
  readonly fetchSignal?: AbortSignal;
  /** Takes what an earlier daemon downloaded from the address, where it is still there; default false. */
  readonly reusesDownload?: boolean;
  /** Keys in place of those of the model's own YAML file. */
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  /** Handler in place of the manifest's. */
  readonly handler?: string | undefined;
  /** The version that is wanted, where there may be several; the newest by default. */
  readonly version?: string;
}

/** An archive that lies in the model store, registered or not. */
export interface StoredArchive {
  /** What a registration calls it. */
  readonly url: string;
  /** When it was changed last, in milliseconds since 1970. */
  readonly modifiedMs: number;
  /** What its manifest says; the name of the archive and none where it cannot be read. */
  readonly key: { readonly name: string; readonly version?: string };
  /** Why it cannot be read. */
  readonly problem?: string;
}

/** Where archives are found, and become unpacked models. */
export interface ModelSource {
  /** The archives of the model store, by their names. @throws ServeError `storage_failed` */
  list(): Promise<StoredArchive[]>;
  /**
   * Finds, checks and unpacks an archive.
   * @throws ServeError `archive_not_found`, `url_not_allowed`, `download_failed`, `file_exists` or `invalid_archive`
   */
  open(url: string, options: OpenOptions): Promise<UnpackedModel>;
}
