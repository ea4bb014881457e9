/** What the author of a model may write into the file that `--golden` names. */
import * as z from 'zod';
import { MAX_GOLDEN_REQUESTS, operationSchema, statusSchema, toleranceSchema } from '../format/golden.ts';

const content = {
  /** Path, relative to the golden file. */
  file: z.string().min(1).optional(),
  /** Any value, null too. */
  json: z.unknown().optional(),
  text: z.string().optional(),
  base64: z.base64('expected base64').optional(),
};

/** Where the bytes of a request or an answer come from: one of the fields is there. */
export type ContentSource = z.output<z.ZodObject<typeof content>>;

const contentType = z
  .string()
  .regex(/^[\w.+-]+\/[\w.+-]+ *(;\P{Cc}*)?$/u, 'expected a media type, as image/png')
  .optional();

const headers = z.record(z.string(), z.string()).refine(hasNoContentType, 'say contentType beside them instead');

const input = strictObject({ name: z.string(), contentType, ...content }).superRefine(hasOneOf(content));

const request = strictObject({
  ...content,
  /** The fields of a form, instead of one body. */
  inputs: z.array(input).min(1).optional(),
  contentType,
  headers: headers.default({}),
})
  .superRefine(hasOneOf({ ...content, inputs: true }))
  .superRefine((value, context) => {
    const problem = contentTypeProblem(value);
    if (problem !== undefined) context.addIssue({ code: 'custom', path: ['contentType'], message: problem });
  });

const answer = strictObject({
  ...content,
  /** Default 200. */
  status: statusSchema.optional(),
  /** Default 0; beside a relative one 1e-8. */
  tolerance: toleranceSchema.optional(),
  /** Default none. */
  relativeTolerance: toleranceSchema.optional(),
}).superRefine((value, context) => {
  // A status is enough where the rest of the answer does not matter.
  if (value.status === undefined || hasContent(value)) hasOneOf(content)(value, context);
  if (isJson(value)) return;
  for (const key of ['tolerance', 'relativeTolerance'] as const) {
    if (value[key] === undefined) continue;
    context.addIssue({ code: 'custom', path: [key], message: 'is for json, and for a file named *.json' });
  }
});

const goldenRequest = strictObject({
  name: z.string().regex(/^\P{Cc}{1,200}$/u, 'expected 1 to 200 printable characters'),
  operation: operationSchema.default('predict'),
  /** Whether the server speaks it is for the server to say. */
  protocol: z
    .string()
    .regex(/^[a-z0-9-]{1,50}$/, 'expected the name of a protocol, such as torchserve')
    .optional(),
  request,
  expect: answer.optional(),
});

/** One request as its author wrote it. */
export type GoldenSource = z.output<typeof goldenRequest>;

/** The file, whole; errors name the request and the field. */
export const goldenFileSchema = z.array(goldenRequest).min(1).max(MAX_GOLDEN_REQUESTS).superRefine(hasUniqueNames);

/** Whether the source names any bytes. */
export function hasContent(source: ContentSource): boolean {
  return keysOf(content, source).length > 0;
}

/** Whether the bytes are JSON; files are known by their names. */
export function isJson(source: ContentSource): boolean {
  return 'json' in source || source.file?.toLowerCase().endsWith('.json') === true;
}

/** Whether the bytes are text; files are known by their names. */
export function isText(source: ContentSource): boolean {
  return 'text' in source || source.file?.toLowerCase().endsWith('.txt') === true;
}

function strictObject<T extends z.ZodRawShape>(shape: T): z.ZodObject<T, z.core.$strict> {
  const error: z.core.$ZodErrorMap = ({ code, keys }) =>
    code === 'unrecognized_keys' ? `unknown: ${keys.join(', ')}; expected ${Object.keys(shape).join(', ')}` : undefined;
  return z.strictObject(shape, { error });
}

function hasOneOf(allowed: object): (value: object, context: z.RefinementCtx) => void {
  return (value, context) => {
    const found = keysOf(allowed, value);
    if (found.length === 1) return;
    const came = found.length === 0 ? 'none of them' : found.join(' and ');
    const message = `expected one of ${Object.keys(allowed).join(', ')}; found ${came}`;
    context.addIssue({ code: 'custom', message });
  };
}

function keysOf(allowed: object, value: object): string[] {
  return Object.keys(allowed).filter((key) => Object.hasOwn(value, key));
}

function hasNoContentType(values: Readonly<Record<string, string>>): boolean {
  return !Object.keys(values).some((name) => name.toLowerCase() === 'content-type');
}

function contentTypeProblem(value: { inputs?: unknown; contentType?: string }): string | undefined {
  if (value.contentType === undefined) return undefined;
  if (value.inputs !== undefined) return 'belongs to each of the inputs';
  const isForm = /^(multipart\/|application\/x-www-form-urlencoded)/i.test(value.contentType);
  return isForm ? 'is that of a form; name its fields with inputs instead' : undefined;
}

function hasUniqueNames(requests: readonly { readonly name: string }[], context: z.RefinementCtx): void {
  const names = requests.map(({ name }) => name);
  const second = names.findIndex((name, index) => names.indexOf(name) < index);
  if (second !== -1) context.addIssue({ code: 'custom', path: [second], message: 'another request has the same name' });
}
