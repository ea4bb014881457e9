/** HTTP by undici: a pool of connections for each address. */
import { isIP } from 'node:net';
import type { Dispatcher, Pool } from 'undici';
import { hostKey, type Host } from '../../hosts/host.ts';
import {
  TransportError,
  type Transport,
  type TransportOptions,
  type TransportRequest,
  type TransportResponse,
} from '../platform.ts';
import { trustedCertificates } from './trusted-certificates.ts';

/** The library is loaded with the first request. */
export class UndiciTransport implements Transport {
  readonly #options: TransportOptions;
  readonly #pools = new Map<string, Promise<Pool>>();
  /** Errors of connections that did not come about. */
  readonly #unconnected = new WeakSet<object>();

  /** Opens no connection yet. */
  constructor(options: TransportOptions) {
    this.#options = options;
  }

  async send(request: TransportRequest): Promise<TransportResponse> {
    const { host, method, path, headers, body = null, signal } = request;
    const pool = await this.#poolOf(host);
    const prefix = new URL(host.url).pathname.replace(/\/$/, '');
    const unbounded = { headersTimeout: 0, bodyTimeout: 0 };
    try {
      return toResponse(await pool.request({ ...unbounded, method, path: prefix + path, headers, body, signal }));
    } catch (error) {
      if (signal.aborted) throw error;
      throw new TransportError(error, !this.#unconnected.has(error as object));
    }
  }

  forget(host: Host): void {
    const pool = this.#pools.get(hostKey(host));
    this.#pools.delete(hostKey(host));
    // What fails to close is closed.
    void pool?.then((each) => each.close()).catch(() => {});
  }

  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map(async (pool) => (await pool).close()));
  }

  #poolOf(host: Host): Promise<Pool> {
    const key = hostKey(host);
    const known = this.#pools.get(key);
    if (known !== undefined) return known;
    const pool = this.#createPool(host).catch((error: unknown) => {
      this.#pools.delete(key);
      throw error;
    });
    this.#pools.set(key, pool);
    return pool;
  }

  async #createPool({ url, address }: Host): Promise<Pool> {
    const { Pool, buildConnector } = await import('undici');
    const { connectTimeoutMs, maxConnections, tls } = this.#options;
    const { origin, protocol } = new URL(url);
    const { cert, key, serverName } = tls;
    const secure = { ca: trustedCertificates(tls), cert, key, servername: serverName };
    const connect = buildConnector({
      timeout: connectTimeoutMs,
      ...(protocol === 'https:' && withoutUndefined(secure)),
      ...(address !== undefined && { lookup: lookupOf(address) }),
    });
    return new Pool(origin, {
      connections: maxConnections,
      connect: (options, callback) =>
        connect(options, (...[error, socket]) => {
          if (error === null) return callback(null, socket);
          this.#unconnected.add(error);
          callback(error, null);
        }),
    });
  }
}

/** That address, whatever the name is. */
function lookupOf(address: string) {
  const family = isIP(address);
  return (
    _: string,
    { all }: { all?: boolean },
    callback: (error: null, found: string | { address: string; family: number }[], family?: number) => void,
  ) => (all === true ? callback(null, [{ address, family }]) : callback(null, address, family));
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Partial<T>;
}

function toResponse({ statusCode, headers, body }: Dispatcher.ResponseData): TransportResponse {
  return {
    status: statusCode,
    headers: joinHeaders(headers),
    bytes: (most) => readAll(body, { most, length: Number(headers['content-length'] ?? NaN) }),
    chunks: () => chunksOf(body),
    cancel: async () => giveUp(body),
  };
}

function joinHeaders(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : (value ?? []).join(', '),
    ]),
  );
}

type Body = Dispatcher.ResponseData['body'];

/** @param length what its head says; NaN where it does not */
async function readAll(body: Body, { most, length }: { most: number; length: number }): Promise<Uint8Array> {
  if (length <= most) return body.bytes().catch(lost);
  if (length > most) {
    giveUp(body);
    throw new RangeError(`expected at most ${most} bytes, got ${length}`);
  }
  const chunks: Uint8Array[] = [];
  let received = 0;
  for await (const chunk of chunksOf(body)) {
    received += chunk.byteLength;
    if (received > most) throw new RangeError(`expected at most ${most} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** It says that it was given up as an error, which nobody waits for. */
function giveUp(body: Body): void {
  body.on('error', () => {});
  body.destroy();
}

async function* chunksOf(body: Body): AsyncGenerator<Uint8Array> {
  try {
    yield* body as AsyncIterable<Uint8Array>;
  } catch (error) {
    lost(error);
  }
}

function lost(error: unknown): never {
  throw new TransportError(error, true);
}
