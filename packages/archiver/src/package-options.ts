/** What `packageModel` is told, and what it answers. */
import type { ArchiveFormat } from './format/archive-formats.ts';
import type { Manifest } from './format/manifest.ts';

/** Who runs the handler: `node` for TypeScript and JavaScript; the others are TorchServe's. */
export const RUNTIMES = ['node', 'python', 'python3', 'LSP'] as const;

/** What the handler is written for. */
export type Runtime = (typeof RUNTIMES)[number];

/** Options of one packaging; relative paths are relative to the working directory. */
export interface PackageOptions {
  /** Letters, digits, `_`, `-`, `.`; begins with a letter or digit. Names the output. */
  readonly modelName: string;
  /** Version of the model, any text; `1.0` is customary. */
  readonly version: string;
  /** A built-in handler's name, or a file with or without its extension, optionally with `:function`. */
  readonly handler: string;
  /** The model; an `.onnx` file is opened, and its signature goes into the manifest. */
  readonly serializedFile?: string;
  /** Python file with the model class of an eager-mode model. */
  readonly modelFile?: string;
  /** Files, globs and directories; `dir` keeps its folder, `dir/` puts its contents at the root. */
  readonly extraFiles?: readonly string[];
  /** Default: `python` for a handler that is a `.py` file, otherwise `node`. */
  readonly runtime?: Runtime;
  /** Default: the working directory. Created when it does not exist. */
  readonly exportPath?: string;
  /** Default `default`: a deflated zip. */
  readonly archiveFormat?: ArchiveFormat;
  /** Replace an output that exists. Default false. */
  readonly force?: boolean;
  /** Packages that must be installed where the model is served; they stay out of the handler's bundle. */
  readonly requirementsFile?: string;
  /** The model's YAML file. */
  readonly configFile?: string;
  /** Where the modules of a graph lie; default: the folder of `configFile`. */
  readonly moduleFolder?: string;
  /** Example requests with their expected answers; see docs/archiver.md. */
  readonly golden?: string;
  /** The predictor that a transformer is made for: `NAME` or `NAME@VERSION`. */
  readonly predictor?: string;
  /** `sha256:…` of the predictor's model, as describe shows it. */
  readonly predictorDigest?: string;
  /** ONNX file or archive of the predictor, of which the digest is taken; of an archive also name and version. */
  readonly predictorModel?: string;
  /** Open the model, find its external data and import the handler. Default true. */
  readonly validate?: boolean;
  /** Milliseconds that importing the handler may take. Default 60 000. */
  readonly importTimeout?: number;
  /** Hears what is worth knowing but no reason to stop. */
  readonly onWarning?: (message: string) => void;
  /** Hears how far the reading of large files is. */
  readonly onProgress?: (progress: Progress) => void;
  /** Stops the packaging; nothing is left behind. */
  readonly signal?: AbortSignal;
}

/** Who hears of a packaging, and may stop it. */
export type PackageHearing = Pick<PackageOptions, 'onWarning' | 'onProgress' | 'signal'>;

/** How far the reading of the files is: once for their digests, once for the archive. */
export interface Progress {
  /** Which of the two readings it is. */
  readonly phase: 'hashing' | 'writing';
  /** Bytes. */
  readonly done: number;
  /** Bytes. */
  readonly total: number;
}

/** What was written; `M` is its manifest. */
export interface PackageResult<M = Manifest> {
  /** Absolute path of the archive. */
  readonly path: string;
  /** The format it was written in. */
  readonly format: ArchiveFormat;
  /** Bytes of the archive; of all its files together, for `no-archive`. */
  readonly size: number;
  /** Number of files, the manifest included. */
  readonly files: number;
  /** Of the archive, in lower-case hexadecimal; undefined for `no-archive`, which is not one file. */
  readonly sha256?: string;
  /** As it is in the archive. */
  readonly manifest: M;
}
