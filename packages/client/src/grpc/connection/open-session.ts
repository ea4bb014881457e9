/** A session of HTTP/2 with a server that speaks it. */
import { connect, type ClientHttp2Session } from 'node:http2';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls } from 'node:tls';
import type { TlsOptions } from '../../client-options.ts';
import type { Host } from '../../hosts/host.ts';
import { trustedCertificates } from '../../platform/undici/trusted-certificates.ts';

/** Settings of all connections. */
export interface ConnectionOptions {
  /** Longest time until the server has said that it speaks HTTP/2, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** Certificates. */
  readonly tls: TlsOptions;
}

/** How much a server may send ahead, on a connection and on each stream of it: a large answer comes in fewer turns. */
const WINDOW_BYTES = 1024 * 1024;

/** @throws Error why there is none, in the system's words */
export function openSession(host: Host, { connectTimeoutMs, tls }: ConnectionOptions): Promise<ClientHttp2Session> {
  const socket = openSocket(host, tls);
  const session = connect(new URL(host.url).origin, {
    createConnection: () => socket,
    settings: { enablePush: false, initialWindowSize: WINDOW_BYTES },
    // Both are bounded by the calls.
    maxSessionMemory: Number.MAX_SAFE_INTEGER,
    maxSendHeaderBlockLength: Number.MAX_SAFE_INTEGER,
  });
  return new Promise((resolve, reject) => {
    const late = () => session.destroy(new Error(`the server did not connect within ${connectTimeoutMs} ms`));
    const timer = setTimeout(late, connectTimeoutMs);
    session.once('remoteSettings', () => {
      clearTimeout(timer);
      session.setLocalWindowSize(WINDOW_BYTES);
      resolve(session);
    });
    session.once('error', reject);
    session.once('close', () => {
      clearTimeout(timer);
      reject(new Error('the server closed the connection before it said anything of HTTP/2'));
    });
  });
}

function openSocket({ url, address }: Host, tls: TlsOptions): Socket {
  const { hostname, port, protocol } = new URL(url);
  const name = hostname.replace(/^\[|\]$/g, '');
  const host = address ?? name;
  if (protocol !== 'https:') return connectTcp({ host, port: Number(port || 80) });
  const { cert, key, serverName: expected = name } = tls;
  return connectTls({
    host,
    port: Number(port || 443),
    ca: trustedCertificates(tls),
    cert,
    key,
    ALPNProtocols: ['h2'],
    // An address is no name that a server could choose its certificate by.
    ...(isIP(expected) === 0 && { servername: expected }),
    checkServerIdentity: (_, certificate) => checkServerIdentity(expected, certificate),
  });
}
