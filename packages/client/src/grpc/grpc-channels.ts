/** A client of grpc-js for each address. */
import { isIP } from 'node:net';
import { Client, credentials, type ChannelCredentials, type ClientOptions as ChannelOptions } from '@grpc/grpc-js';
import type { TlsOptions } from '../client-options.ts';
import { hostKey, type Host } from '../hosts/host.ts';
import { trustedCertificates } from '../platform/undici/trusted-certificates.ts';

/** Settings of all channels. */
export interface ChannelSettings {
  /** Most bytes of a message that comes. */
  readonly maxResponseBytes: number;
  /** Certificates. */
  readonly tls: TlsOptions;
}

/** Opened with their first call, and kept. */
export class GrpcChannels {
  readonly #settings: ChannelSettings;
  readonly #clients = new Map<string, Client>();

  /** Opens none yet. */
  constructor(settings: ChannelSettings) {
    this.#settings = settings;
  }

  /** @throws Error for certificates that cannot be read */
  clientOf(host: Host): Client {
    const key = hostKey(host);
    const client = this.#clients.get(key) ?? createClient(host, this.#settings);
    this.#clients.set(key, client);
    return client;
  }

  /** Closes the channel to a host. */
  forget(host: Host): void {
    this.#clients.get(hostKey(host))?.close();
    this.#clients.delete(hostKey(host));
  }

  /** Closes all. */
  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }
}

function createClient({ url, address }: Host, { maxResponseBytes, tls }: ChannelSettings): Client {
  const { hostname, port, protocol } = new URL(url);
  const isTls = protocol === 'https:';
  const portOf = port === '' ? (isTls ? '443' : '80') : port;
  const target = address ?? hostname.replace(/^\[|\]$/g, '');
  const options: ChannelOptions = {
    'grpc.max_receive_message_length': maxResponseBytes,
    'grpc.max_send_message_length': -1,
    // What is sent again is decided for all protocols alike.
    'grpc.enable_retries': 0,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 5000,
    'grpc.default_authority': `${hostname}:${portOf}`,
    ...(isTls && expectedName(tls.serverName ?? hostname)),
  };
  return new Client(targetOf(target, portOf), credentialsOf(isTls, tls), options);
}

/** An address is what a channel expects anyway. */
function expectedName(name: string): ChannelOptions {
  return isIP(name) === 0 ? { 'grpc.ssl_target_name_override': name } : {};
}

function targetOf(address: string, port: string): string {
  const family = isIP(address);
  if (family === 6) return `ipv6:[${address}]:${port}`;
  return family === 4 ? `ipv4:${address}:${port}` : `dns:${address}:${port}`;
}

function credentialsOf(isTls: boolean, tls: TlsOptions): ChannelCredentials {
  if (!isTls) return credentials.createInsecure();
  const { cert, key } = tls;
  const ca = trustedCertificates(tls);
  return credentials.createSsl(bufferOf(ca), bufferOf(key), bufferOf(cert));
}

function bufferOf(text: string | undefined): Buffer | null {
  return text === undefined ? null : Buffer.from(text);
}
