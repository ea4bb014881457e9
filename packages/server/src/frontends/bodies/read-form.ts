/** The fields of multipart/form-data bodies. */
import { setImmediate } from 'node:timers/promises';
import busboy from 'busboy';
import { ServeError, messageOf } from '../../core/errors.ts';
import type { JobInput } from '../../core/jobs/job.ts';
import { partCharsets } from './part-charsets.ts';

const MAX_FIELDS = 1000;
const MAX_NAME_BYTES = 1000;

/**
 * The fields in their order; a plain field without a content type of its own is `text/plain`. Those of files are parts of
 * the pieces, and not copied.
 * @param pieces the whole body
 * @throws ServeError `invalid_argument` for a form that is none, `unsupported_encoding` for a charset or a transfer encoding
 *   that nobody knows
 */
export async function readForm(contentType: string, pieces: readonly Buffer[]): Promise<JobInput[]> {
  const parser = createParser(contentType, pieces);
  const charsets = partCharsets(contentType, pieces)[Symbol.iterator]();
  const inputs: JobInput[] = [];
  const finished = new Promise<void>((resolve, reject) => {
    parser.on('field', (name, value, { mimeType, encoding, nameTruncated }) => {
      charsets.next();
      if (!PLAIN.includes(encoding)) reject(badEncoding(name, encoding));
      if (!isFieldName(name) || nameTruncated) reject(badFieldName());
      if (!isText(value, pieces)) reject(badText(name));
      else inputs.push({ name, contentType: mimeType.toLowerCase(), chunks: [Buffer.from(value)] });
    });
    parser.on('file', (name, stream, { mimeType, encoding }) => {
      if (!isFieldName(name)) reject(badFieldName());
      if (!PLAIN.includes(encoding)) reject(badEncoding(name, encoding));
      const chunks: Buffer[] = [];
      const charset = charsets.next().value;
      inputs.push({ name, contentType: mimeType.toLowerCase(), chunks, ...(charset !== undefined && { charset }) });
      // A part that breaks off is an error of the parser too, which is answered below.
      stream.on('error', () => {});
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    });
    parser.on('error', (error) => reject(formError(error)));
    for (const limit of ['fieldsLimit', 'filesLimit', 'partsLimit'] as const) {
      parser.on(limit, () =>
        reject(new ServeError('invalid_argument', `The form has more than ${MAX_FIELDS} fields.`)),
      );
    }
    parser.on('close', resolve);
  });
  await Promise.all([finished, write(parser, pieces)]);
  return inputs;
}

/** Others have their turn after each piece. */
async function write(parser: busboy.Busboy, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    if (parser.destroyed) return;
    parser.write(piece);
    if (pieces.length > 1) await setImmediate();
  }
  parser.end();
}

function createParser(contentType: string, pieces: readonly Buffer[]): busboy.Busboy {
  const limits = {
    fieldNameSize: MAX_NAME_BYTES,
    fieldSize: pieces.reduce((sum, piece) => sum + piece.length, 1),
    fields: MAX_FIELDS,
    files: MAX_FIELDS,
    parts: MAX_FIELDS,
  };
  try {
    return busboy({ headers: { 'content-type': contentType }, limits, defParamCharset: 'utf8' });
  } catch (error) {
    throw formError(error);
  }
}

/** Busboy gives undefined for a part without a name, whatever its types say. */
function isFieldName(name: string | undefined): boolean {
  return name !== undefined;
}

const REPLACEMENT = '\uFFFD';

/** Busboy gives undefined for a charset that it does not know, and replaces what is not of the charset. */
function isText(value: string | undefined, pieces: readonly Buffer[]): boolean {
  if (value === undefined) return false;
  return !value.includes(REPLACEMENT) || pieces.some((piece) => piece.includes(REPLACEMENT));
}

function badText(name: string): ServeError {
  const message = `The field "${name}" of the form is not text in UTF-8, nor in another charset that it names. Send bytes as a file, or as application/octet-stream.`;
  return new ServeError('invalid_argument', message);
}

/** Content-Transfer-Encodings that change nothing; browsers send none. */
const PLAIN: readonly string[] = ['7bit', '8bit', 'binary'];

function badEncoding(name: string, encoding: string): ServeError {
  const message = `The field "${name}" of the form has the Content-Transfer-Encoding "${encoding.slice(0, 100)}"; send its bytes as they are.`;
  return new ServeError('unsupported_encoding', message);
}

function badFieldName(): ServeError {
  const message = `The form has a part without a name, or a name of more than ${MAX_NAME_BYTES} bytes.`;
  return new ServeError('invalid_argument', message);
}

function formError(error: unknown): ServeError {
  return new ServeError('invalid_argument', `The form could not be read: ${messageOf(error)}`, { cause: error });
}
