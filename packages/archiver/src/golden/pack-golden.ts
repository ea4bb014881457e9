/** Makes `MAR-INF/golden.json` of the file that `--golden` names, and of the files that are named in it. */
import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { stringifyJson } from '@marserve/handlers/json';
import { GOLDEN_PATH, GOLDEN_VERSION, type StoredGolden } from '../format/golden.ts';
import type { ArchiveFile } from '../format/write-archive.ts';
import { namedFile, parseGoldenJson, readGoldenFile, refuseLargeGolden } from './golden-file.ts';
import { type ContentSource, type GoldenSource, hasContent, isJson, isText } from './golden-source.ts';

/**
 * Reads everything and puts it into one file.
 * @throws PackagingError with everything that is wrong, each by the name of its request
 */
export async function packGolden(file: string): Promise<ArchiveFile> {
  const requests: StoredRequest[] = [];
  for (const source of await readGoldenFile(file)) requests.push(await storedRequest(source, file));
  const golden: StoredGolden = { version: GOLDEN_VERSION, requests };
  const packed = Buffer.from(`${JSON.stringify(golden, null, 2)}\n`);
  refuseLargeGolden(packed.length, file);
  return { path: GOLDEN_PATH, size: packed.length, source: packed };
}

/** The tolerance beside a relative one: of an expected 0, no part is left to deviate by. As numpy.allclose has it. */
const SMALLEST_DIFFERENCE = 1e-8;

type StoredRequest = StoredGolden['requests'][number];

async function storedRequest(source: GoldenSource, file: string): Promise<StoredRequest> {
  const { name, operation, protocol, request } = source;
  const type = request.inputs === undefined ? contentTypeOf(request) : 'multipart/form-data';
  const inputs = (request.inputs ?? [{ ...request, name: 'body' }]).map(async (input) => ({
    name: input.name,
    contentType: mediaTypeOf(contentTypeOf(input)),
    content: storedContent(await contentOf(input, file)),
  }));
  return {
    name,
    operation,
    ...(protocol !== undefined && { protocol }),
    headers: { ...(type !== '' && { 'content-type': type }), ...request.headers },
    inputs: await Promise.all(inputs),
    expected: await storedAnswer(source, file),
  };
}

/** As a client that sends such a thing would say; of other files, curl says nothing either. */
function contentTypeOf(source: ContentSource & { readonly contentType?: string }): string {
  if (source.contentType !== undefined) return source.contentType;
  if (isJson(source)) return 'application/json';
  return isText(source) ? 'text/plain' : '';
}

function mediaTypeOf(contentType: string): string {
  return contentType.replace(/;.*/, '').trim().toLowerCase();
}

async function contentOf(source: ContentSource, file: string): Promise<Buffer> {
  if (source.file !== undefined) return readFile(namedFile(source.file, file));
  if (source.text !== undefined) return Buffer.from(source.text);
  if (source.base64 !== undefined) return Buffer.from(source.base64, 'base64');
  return Buffer.from(stringifyJson(source.json));
}

/** Text, which people can read, unless it is none, or so full of control characters that base64 is shorter. */
function storedContent(bytes: Buffer): StoredRequest['inputs'][number]['content'] {
  const [text, base64] = [{ text: bytes.toString('utf8') }, { base64: bytes.toString('base64') }];
  return isUtf8(bytes) && JSON.stringify(text).length <= JSON.stringify(base64).length ? text : base64;
}

async function storedAnswer({ name, expect }: GoldenSource, file: string): Promise<StoredRequest['expected']> {
  if (expect === undefined) return undefined;
  const {
    status = 200,
    relativeTolerance,
    tolerance = relativeTolerance === undefined ? 0 : SMALLEST_DIFFERENCE,
  } = expect;
  if (!hasContent(expect)) return { kind: 'status', status };
  const bytes = await contentOf(expect, file);
  const body = storedContent(bytes);
  if (!isJson(expect)) return { kind: 'bytes', status, body };
  if (expect.file !== undefined)
    parseGoldenJson(bytes, `${namedFile(expect.file, file)} (${JSON.stringify(name)} of ${file})`);
  return { kind: 'json', status, body, tolerance, relativeTolerance };
}
