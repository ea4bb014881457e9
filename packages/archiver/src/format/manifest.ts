/**
 * The single definition of `MAR-INF/MANIFEST.json`: TorchServe's fields, plus what marserve adds (`runtime: "node"`,
 * `model.signature`, `predictor`, `files`). Fields that are unknown here are kept, so that other tools' manifests survive.
 */
import * as z from 'zod';
import { pathProblem } from './entry-path.ts';

/** What the digest of a model looks like wherever it is said; see `modelDigest`. */
export const DIGEST_PATTERN = /^sha256:[0-9a-f]{64}$/;

/** Where the manifest lies inside an archive. */
export const MANIFEST_PATH = 'MAR-INF/MANIFEST.json';

/** What a model may be called; TorchServe's rule. */
export const MODEL_NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_\-.]*$/;
/** What a version may be called; TorchServe takes any text, which not every path could name. */
export const MODEL_VERSION_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_\-.+]*$/;
/** Stands for all models in `load_models`, and for all versions in paths; in any case of letters. */
const ALL = /^all$/i;

/** Why no model may be called so; undefined when one may. */
export function modelNameProblem(name: string): string | undefined {
  return nameProblem(name, MODEL_NAME_PATTERN);
}

/** Why no version may be called so; undefined when one may. */
export function modelVersionProblem(version: string): string | undefined {
  return nameProblem(version, MODEL_VERSION_PATTERN);
}

function nameProblem(name: string, pattern: RegExp): string | undefined {
  if (ALL.test(name)) return `expected another name than "${name}", which stands for all of them`;
  return pattern.test(name)
    ? undefined
    : `expected a name that matches ${pattern.source}, came ${JSON.stringify(name)}`;
}

/** A name as a field of a manifest. @param problemOf says what is wrong with one */
export const named = (problemOf: (name: string) => string | undefined) =>
  z.string().superRefine((name, context) => {
    const message = problemOf(name);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

const tensorSpec = z.object({
  name: z.string(),
  type: z.string(),
  shape: z.array(z.union([z.number().int(), z.string()])).readonly(),
  labels: z
    .array(z.union([z.string(), z.number()]))
    .readonly()
    .optional(),
});

/** Every file of the archive but the manifest itself: path with `/` → size and digest. */
export const fileDigests = z.record(
  z.string(),
  z.object({
    /** Bytes. */
    size: z.number().int().nonnegative(),
    /** Lower-case hexadecimal. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
);

/** A file of the archive: a manifest must not lead the reader out of the model's folder. */
export const archivePath = z
  .string()
  .refine((path) => pathProblem(path.replaceAll('\\', '/')) === undefined, 'expected a path inside the archive');

const model = z.looseObject({
  modelName: named(modelNameProblem),
  /** Default `1.0`, as in TorchServe. */
  modelVersion: named(modelVersionProblem).default('1.0'),
  /** File in the archive, optionally `:function`; or the name of a built-in handler. */
  handler: archivePath.default('base_handler'),
  serializedFile: archivePath.optional(),
  modelFile: archivePath.optional(),
  requirementsFile: archivePath.optional(),
  /** The model's YAML file. */
  configFile: archivePath.optional(),
  description: z.string().optional(),
  /** Name of a service envelope; empty for none. */
  envelope: z.string().optional(),
  signature: z.object({ inputs: z.array(tensorSpec).readonly(), outputs: z.array(tensorSpec).readonly() }).optional(),
});

/** The predictor that a transformer was made for; what is not said may be anything. */
const predictor = z.object({
  /** Of the model there. */
  name: named(modelNameProblem).optional(),
  /** Of the model there. */
  version: named(modelVersionProblem).optional(),
  /** See `modelDigest`. */
  digest: z.string().regex(DIGEST_PATTERN).optional(),
});

/** The file, whole. */
export const manifestSchema = z.looseObject({
  createdOn: z.string().optional(),
  /** `node` for TypeScript and JavaScript handlers, `python` (the default, as in TorchServe) for Python ones. */
  runtime: z.string().default('python'),
  model,
  archiverVersion: z.string().optional(),
  predictor: predictor.optional(),
  files: fileDigests.optional(),
});

/** A validated manifest, its defaults filled in. */
export type Manifest = z.infer<typeof manifestSchema>;
