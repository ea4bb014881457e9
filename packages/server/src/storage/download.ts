/** Fetches an archive over HTTP into the model store: to a temporary file first, under its name when it is whole. */
import { createWriteStream } from 'node:fs';
import { link, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ServeError, messageOf } from '../core/errors.ts';
import { redactSecrets } from '../core/redact-secrets.ts';
import { assertAllowed } from './allowed-urls.ts';
import { partialFileIn } from './partial-file.ts';

/** Where archives that are fetched go, and their limits. */
export interface DownloadOptions {
  /** The model store. */
  readonly directory: string;
  /** Addresses that may be fetched from, and redirected to (`allowed_urls`); none where it is empty. */
  readonly allowedUrls: readonly RegExp[];
  /** Largest archive that is fetched, in bytes. */
  readonly maxBytes: number;
  /** Longest time that fetching may take, in milliseconds; 0 for as long as it takes. */
  readonly downloadTimeoutMs: number;
  /** Give up fetching. */
  readonly signals: readonly AbortSignal[];
}

const MAX_REDIRECTS = 5;

/** An archive that was fetched. */
export interface Download {
  /** The archive. */
  readonly path: string;
  /** Its other name, see `partial-file.ts`. */
  readonly partial: string;
}

/**
 * The archive keeps its other name until the caller deletes that.
 * @throws ServeError `file_exists` before any traffic, `url_not_allowed` (redirects included), `download_failed`
 */
export async function download(url: string, options: DownloadOptions): Promise<Download> {
  const target = path.join(options.directory, fileNameOf(url));
  const partial = partialFileIn(options.directory);
  const { downloadTimeoutMs: timeoutMs, allowedUrls } = options;
  const timeout = timeoutMs === 0 ? [] : [AbortSignal.timeout(timeoutMs)];
  const signal = AbortSignal.any([...options.signals, ...timeout]);
  try {
    const response = await follow(url, { allowedUrls, signal }, MAX_REDIRECTS);
    await save(response, partial, options.maxBytes);
    await link(partial, target);
    return { path: target, partial };
  } catch (error) {
    await rm(partial, { force: true });
    const isLate = timeout.some(({ aborted }) => aborted);
    const late = new Error(`it took longer than ${timeoutMs / 1000} s (download_timeout)`);
    throw asServeError(isLate ? late : error, { url, target });
  }
}

/** The last segment of the address's path. @throws ServeError `download_failed` when that is no file name */
export function fileNameOf(url: string): string {
  const name = decodeSegment(new URL(url).pathname.split('/').at(-1) ?? '');
  if (/^[^./\\][^/\\\0]*$/.test(name)) return name;
  throw new ServeError(
    'download_failed',
    `Failed to download archive from: ${redactSecrets(url)}: its path does not end in a file name`,
  );
}

/** Empty, which no file is called, for a broken percent sign. */
function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return '';
  }
}

interface Request {
  readonly allowedUrls: readonly RegExp[];
  readonly signal: AbortSignal;
}

/** Redirects are followed by hand: each address on the way must be allowed. */
async function follow(url: string, options: Request, redirectsLeft: number): Promise<Response> {
  assertAllowed(url, options.allowedUrls);
  const response = await fetch(url, { redirect: 'manual', signal: options.signal });
  const location = response.headers.get('location');
  if (response.status >= 300 && response.status < 400 && location !== null) {
    await response.body?.cancel();
    if (redirectsLeft === 0) throw new Error(`more than ${MAX_REDIRECTS} redirects`);
    return follow(new URL(location, url).href, options, redirectsLeft - 1);
  }
  if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`);
  return response;
}

async function save(response: Response, file: string, maxBytes: number): Promise<void> {
  if (response.body === null) throw new Error('the server sent no body');
  let size = 0;
  await pipeline(
    Readable.fromWeb(response.body),
    async function* limit(chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        size += chunk.byteLength;
        if (size > maxBytes) throw new Error(`it is larger than archive_max_total_size allows (${maxBytes} bytes)`);
        yield chunk;
      }
    },
    createWriteStream(file, { flags: 'wx', flush: true }),
  );
}

function asServeError(error: unknown, { url, target }: { url: string; target: string }): ServeError {
  if (error instanceof ServeError) return error;
  if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
    return new ServeError('file_exists', `Model file already exists ${path.basename(target)}`);
  }
  const cause =
    error instanceof Error && error.cause instanceof Error
      ? `${error.message}: ${error.cause.message}`
      : messageOf(error);
  const message = redactSecrets(`Failed to download archive from: ${url}: ${cause}`);
  return new ServeError('download_failed', message, { cause: error });
}
