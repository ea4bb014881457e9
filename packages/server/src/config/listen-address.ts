/** Addresses of listeners: `http://host:port`, `https://host:port` or `unix:/path`. */
import { BlockList } from 'node:net';
import { ValueError, type ValueType } from './value-types.ts';

/** Where to listen: a host and port (0 for any free one), or the path of a Unix socket. */
export type ListenAddress = NetworkAddress | { readonly path: string };

/** A host and a port. */
export interface NetworkAddress {
  /** A name or an IP address, without brackets. */
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Whether connections are encrypted. */
  readonly isTls?: true;
}

const EXPECTED = 'http://HOST:PORT, https://HOST:PORT or unix:/PATH';
const LARGEST_PORT = 65_535;
/** What fits into `sockaddr_un` on Linux. */
const LONGEST_SOCKET_PATH = 107;

/** The port of an address that names none. */
export interface DefaultPorts {
  /** Behind `http://`. */
  readonly http: number;
  /** Behind `https://`. */
  readonly https: number;
}

/** @param defaults for an address without a port */
export function listenAddress(defaults: DefaultPorts): ValueType<ListenAddress> {
  return {
    name: 'address',
    expected: EXPECTED,
    parse(text) {
      return text.startsWith('unix:') ? socketAddress(text) : httpAddress(text, defaults);
    },
  };
}

/** The host of an address whose port is a key of its own: a name or an IP address. */
export const listenHost: ValueType<string> = {
  name: 'host',
  expected: 'a host name or an IP address',
  parse(text) {
    const isBare = text.includes(':') && !text.startsWith('[');
    const host = /[/?#@\s]/.test(text) ? undefined : hostOf(isBare ? `[${text}]` : text);
    if (host === undefined || host === '') throw wrong(text, this.expected);
    return host;
  },
};

/** A port, 0 for any free one. */
export const listenPort: ValueType<number> = {
  name: 'port',
  expected: `a port up to ${LARGEST_PORT}`,
  parse(text) {
    // One of TorchServe's own examples has a whole address.
    const port = Number(/^(?:http:\/\/[^:/]+:)?(\d{1,5})$/.exec(text)?.[1] ?? Infinity);
    if (port > LARGEST_PORT) throw wrong(text, this.expected);
    return port;
  },
};

/** Whether only this machine can reach it. */
export function isLoopback(address: ListenAddress): boolean {
  if ('path' in address) return true;
  const { host } = address;
  return host === 'localhost' || LOOPBACK.check(host, host.includes(':') ? 'ipv6' : 'ipv4');
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

function socketAddress(text: string): ListenAddress {
  const path = text.slice('unix:'.length).replace(/^\/\/(?=\/)/, '');
  if (!path.startsWith('/')) throw wrong(text, 'an absolute path after "unix:"');
  if (Buffer.byteLength(path) > LONGEST_SOCKET_PATH) throw wrong(text, `at most ${LONGEST_SOCKET_PATH} bytes of path`);
  return { path };
}

/** The host is written as WHATWG URLs write it, so that 127.1 and 0 are what they mean. */
function httpAddress(text: string, defaults: DefaultPorts): ListenAddress {
  const isTls = /^https:/i.test(text);
  const match = /^https?:\/\/(\[[^\]]+\]|[^:/?#@[\]]+)(?::(\d+))?\/?$/i.exec(text);
  const host = match && hostOf(match[1] ?? '');
  if (match === null || host == null) throw wrong(text, EXPECTED);
  const port = match[2] === undefined ? defaults[isTls ? 'https' : 'http'] : Number(match[2]);
  if (port > LARGEST_PORT) throw wrong(text, `a port up to ${LARGEST_PORT}`);
  return { host, port, ...(isTls && { isTls }) };
}

function hostOf(text: string): string | undefined {
  const url = `http://${text}/`;
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : undefined;
}

function wrong(text: string, expected: string): ValueError {
  return new ValueError(`expected ${expected}, came "${text}"`);
}
