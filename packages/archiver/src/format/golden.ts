/** The single definition of `MAR-INF/golden.json`: example requests to the model, and the answers that it must give to them. */
import * as z from 'zod';

/** Where the golden requests lie inside an archive; TorchServe does not look there. */
export const GOLDEN_PATH = 'MAR-INF/golden.json';

/** Version of the file's format. */
export const GOLDEN_VERSION = 1;

/** The whole file, in bytes. */
export const MAX_GOLDEN_BYTES = 8 * 2 ** 20;

/** Most of them in one archive. */
export const MAX_GOLDEN_REQUESTS = 1000;

const text = z.object({ text: z.string() }).transform((stored): Buffer => Buffer.from(stored.text));

const base64 = z
  .object({ base64: z.string() })
  // What is no base64 is skipped by Node: then there are fewer bytes. A pattern would take several times as long.
  .transform((stored) => ({
    bytes: Buffer.from(stored.base64, 'base64'),
    length: Buffer.byteLength(stored.base64, 'base64'),
  }))
  .refine(({ bytes, length }) => bytes.length === length)
  .transform(({ bytes }): Buffer => bytes);

/** Bytes: as text where they are some, so that people can read it. */
const content = z.union([text, base64], { error: 'expected {"text": …} or {"base64": …}' });

const input = z.object({
  /** The name of a form's field; `body` for a request that is no form. */
  name: z.string(),
  /** Media type without parameters, lower case; empty for none. */
  contentType: z.string(),
  content,
});

/**
 * What the numbers of an answer may deviate by. `tolerance` alone: as a part of the expected number, or of 1 when that is less.
 * With `relativeTolerance`: |answer - expected| ≤ tolerance + relativeTolerance × |expected|.
 */
export const toleranceSchema = z.number().min(0).max(1);

/** What a protocol's answer begins with. */
export const statusSchema = z.number().int().min(100).max(599);

const expected = z.discriminatedUnion('kind', [
  /** JSON that has the same value. */
  z.object({
    kind: z.literal('json'),
    status: statusSchema,
    body: content.refine(isJson, 'expected JSON'),
    tolerance: toleranceSchema,
    relativeTolerance: toleranceSchema.optional(),
  }),
  /** The very same bytes. */
  z.object({ kind: z.literal('bytes'), status: statusSchema, body: content }),
  /** Only the status counts. */
  z.object({ kind: z.literal('status'), status: statusSchema }),
]);

/** What a golden request may ask for. */
export const operationSchema = z.enum(['predict', 'explain']);

const request = z.object({
  /** Unique in the file. */
  name: z.string(),
  operation: operationSchema,
  /** Name of the protocol that the request and its answer are written in; TorchServe's without one. */
  protocol: z.string().optional(),
  /** `content-type` among them, where the request has one. */
  headers: z.record(z.string(), z.string()),
  inputs: z.array(input).readonly(),
  /** Without it, the request only warms the model up. */
  expected: expected.optional(),
});

/** The file, whole. */
export const goldenSchema = z.object({
  version: z.literal(GOLDEN_VERSION, `expected ${GOLDEN_VERSION}; another version of model-archiver made it`),
  requests: z.array(request).max(MAX_GOLDEN_REQUESTS).readonly(),
});

/** The file as JSON has it. */
export type StoredGolden = z.input<typeof goldenSchema>;

/** One golden request, its contents as bytes. */
export type GoldenRequest = z.output<typeof request>;

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}
