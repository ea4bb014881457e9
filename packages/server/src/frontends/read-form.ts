/** Reads the fields of multipart/form-data and application/x-www-form-urlencoded bodies. */
import type { IncomingMessage } from 'node:http';
import busboy from 'busboy';
import { ServeError, messageOf } from '../core/errors.ts';
import type { JobInput } from '../core/job.ts';
import { assertDeclaredLength, goneError } from './read-body.ts';

const MAX_FIELDS = 1000;
const MAX_NAME_BYTES = 1000;

/** Whether a body of this media type has named fields. */
export function isForm(mediaType: string): boolean {
  return mediaType.startsWith('multipart/') || mediaType === 'application/x-www-form-urlencoded';
}

/**
 * The fields in their order; a plain field without a content type of its own is `text/plain`.
 * @throws ServeError `invalid_argument` for a form that is none, `request_too_large`, `cancelled`
 */
export function readForm(request: IncomingMessage, limitBytes: number): Promise<JobInput[]> {
  assertDeclaredLength(request, limitBytes);
  return new Promise((resolve, reject) => {
    const inputs: JobInput[] = [];
    const parser = createParser(request, limitBytes);
    const fail = (error: ServeError) => {
      request.unpipe(parser);
      request.resume();
      reject(error);
    };
    const budget = createBudget(limitBytes, fail);
    parser.on('field', (name, value, { mimeType, nameTruncated }) => {
      if (!isFieldName(name) || nameTruncated) fail(badFieldName());
      const bytes = Buffer.from(value);
      budget(bytes.length);
      inputs.push({ name, contentType: mimeType.toLowerCase(), chunks: [bytes] });
    });
    parser.on('file', (name, stream, { mimeType }) => {
      if (!isFieldName(name)) fail(badFieldName());
      const chunks: Buffer[] = [];
      inputs.push({ name, contentType: mimeType.toLowerCase(), chunks });
      // A part that breaks off is an error of the parser too, which is answered below.
      stream.on('error', () => {});
      stream.on('data', (chunk: Buffer) => {
        budget(chunk.length);
        chunks.push(chunk);
      });
    });
    parser.on('error', (error) => fail(formError(error)));
    for (const limit of ['fieldsLimit', 'filesLimit', 'partsLimit'] as const) {
      parser.on(limit, () => fail(new ServeError('invalid_argument', `The form has more than ${MAX_FIELDS} fields.`)));
    }
    parser.on('close', () => resolve(inputs));
    request.on('close', () => {
      if (!request.complete) reject(goneError());
    });
    request.pipe(parser);
  });
}

function createParser(request: IncomingMessage, limitBytes: number): busboy.Busboy {
  const limits = {
    fieldNameSize: MAX_NAME_BYTES,
    fieldSize: limitBytes,
    fields: MAX_FIELDS,
    files: MAX_FIELDS,
    parts: MAX_FIELDS,
  };
  try {
    return busboy({ headers: request.headers, limits, defParamCharset: 'utf8' });
  } catch (error) {
    throw formError(error);
  }
}

/** Counts bytes and calls `fail` once they are more than the limit. */
function createBudget(limitBytes: number, fail: (error: ServeError) => void): (bytes: number) => void {
  let size = 0;
  return (bytes) => {
    size += bytes;
    if (size <= limitBytes) return;
    const limit = `max_request_size allows ${limitBytes} bytes`;
    fail(new ServeError('request_too_large', `The fields of the form have more than ${limitBytes} bytes; ${limit}.`));
  };
}

/** Busboy gives undefined for a part without a name, whatever its types say. */
function isFieldName(name: string | undefined): boolean {
  return name !== undefined;
}

function badFieldName(): ServeError {
  const message = `The form has a part without a name, or a name of more than ${MAX_NAME_BYTES} bytes.`;
  return new ServeError('invalid_argument', message);
}

function formError(error: unknown): ServeError {
  return new ServeError('invalid_argument', `The form could not be read: ${messageOf(error)}`, { cause: error });
}
