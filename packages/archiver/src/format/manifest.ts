/**
 * The single definition of `MAR-INF/MANIFEST.json`: TorchServe's fields, plus what marserve adds (`runtime: "node"`,
 * `model.signature`, `files`). Fields that are unknown here are kept, so that other tools' manifests survive.
 */
import * as z from 'zod';
import { pathProblem } from './entry-path.ts';

/** Where the manifest lies inside an archive. */
export const MANIFEST_PATH = 'MAR-INF/MANIFEST.json';

/** What a model may be called; TorchServe's rule. */
export const MODEL_NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_\-.]*$/;

const tensorSpec = z.object({
  name: z.string(),
  type: z.string(),
  shape: z.array(z.union([z.number().int(), z.string()])).readonly(),
  labels: z
    .array(z.union([z.string(), z.number()]))
    .readonly()
    .optional(),
});

const fileEntry = z.object({
  /** Bytes. */
  size: z.number().int().nonnegative(),
  /** Lower-case hexadecimal. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** A file of the archive: a manifest must not lead the reader out of the model's folder. */
const archivePath = z
  .string()
  .refine((path) => pathProblem(path.replaceAll('\\', '/')) === undefined, 'expected a path inside the archive');

const model = z.looseObject({
  modelName: z.string().regex(MODEL_NAME_PATTERN, `expected a name that matches ${MODEL_NAME_PATTERN.source}`),
  /** Default `1.0`, as in TorchServe. */
  modelVersion: z.string().min(1).default('1.0'),
  /** File in the archive, optionally `:function`; or the name of a built-in handler. */
  handler: archivePath.default('base_handler'),
  serializedFile: archivePath.optional(),
  modelFile: archivePath.optional(),
  requirementsFile: archivePath.optional(),
  /** The model's YAML file. */
  configFile: archivePath.optional(),
  description: z.string().optional(),
  signature: z.object({ inputs: z.array(tensorSpec).readonly(), outputs: z.array(tensorSpec).readonly() }).optional(),
});

export const manifestSchema = z.looseObject({
  createdOn: z.string().optional(),
  /** `node` for TypeScript and JavaScript handlers, `python` (the default, as in TorchServe) for Python ones. */
  runtime: z.string().default('python'),
  model,
  archiverVersion: z.string().optional(),
  /** Every file of the archive but the manifest itself: path with `/` → size and digest. */
  files: z.record(z.string(), fileEntry).optional(),
});

/** A validated manifest, its defaults filled in. */
export type Manifest = z.infer<typeof manifestSchema>;
