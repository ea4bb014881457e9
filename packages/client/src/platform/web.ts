/** Browsers, and whatever else has `fetch`. */
import type { Platform, Transport, TransportRequest, TransportResponse } from './platform.ts';
import { TransportError } from './platform.ts';

/** By the platform's own connections and certificates. */
export const platform: Platform = {
  createTransport: () => TRANSPORT,
  resolve: async () => undefined,
  maySendDeadline: (url) => {
    const { location } = globalThis as { readonly location?: { readonly origin: string } };
    return location === undefined || location.origin === new URL(url).origin;
  },
};

const TRANSPORT: Transport = { send, forget: () => {}, close: async () => {} };

async function send(request: TransportRequest): Promise<TransportResponse> {
  const { host, method, path, headers, body, signal } = request;
  const response = await fetch(host.url + path, { method, headers, body, signal }).catch((error: unknown) => {
    throw signal.aborted ? error : new TransportError(error, true);
  });
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    bytes: (most) => readAll(response, most),
    chunks: () => chunksOf(response),
    cancel: async () => response.body?.cancel(),
  };
}

async function readAll(response: Response, most: number): Promise<Uint8Array> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of chunksOf(response)) {
    length += chunk.byteLength;
    if (length > most) throw new RangeError(`expected at most ${most} bytes`);
    pieces.push(chunk as Uint8Array<ArrayBuffer>);
  }
  return pieces.length === 1 ? (pieces[0] as Uint8Array) : new Uint8Array(await new Blob(pieces).arrayBuffer());
}

/** By a reader: not every browser's streams are iterable. */
async function* chunksOf({ body }: Response): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  let isWhole = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      isWhole = done;
      if (done) return;
      yield value as Uint8Array;
    }
  } catch (error) {
    isWhole = true;
    throw new TransportError(error, true);
  } finally {
    if (!isWhole) await reader.cancel();
  }
}
