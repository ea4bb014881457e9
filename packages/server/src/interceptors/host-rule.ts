/** Which names a server answers to. */
import { BlockList, isIP } from 'node:net';
import { hostname as machineName } from 'node:os';

/** Which names one address answers to. */
export interface HostRule {
  /** The key of the configuration that adds to it. */
  readonly key: string;
  /** @param host as the header Host has it, with or without a port */
  allows(host: string): boolean;
}

/** What the rule is made of. */
export interface HostRuleOptions {
  /** The key of the configuration that adds to it, for messages. */
  readonly key: string;
  /** Names beside the usual ones: `serve.example.org`, `*.example.org` for all below it, `*` for any. */
  readonly names: readonly string[];
  /** The host that the address itself names; undefined for a socket of the file system, which no browser can reach. */
  readonly ownHost: string | undefined;
  /** Whether only this machine can reach the address. */
  readonly isLoopback: boolean;
}

/** How many headers are remembered as allowed. */
const MOST_KNOWN = 100;

/**
 * Always allowed are the names of loopback and the host of the address; beyond loopback also the name of the machine, and
 * whatever is an IP address: only a name can be made to lead elsewhere.
 */
export function createHostRule({ key, names, ownHost, isLoopback }: HostRuleOptions): HostRule {
  const own = [ownHost, ...(isLoopback ? [] : [machineName()])].flatMap((name) => canonicalHost(name ?? '') ?? []);
  const told = names.map((name) => (name.startsWith('*') ? name.toLowerCase() : (canonicalHost(name) ?? name)));
  const exact = new Set(['localhost', ...own, ...told]);
  const suffixes = told.filter((name) => name.startsWith('*.')).map((name) => name.slice(1));
  const isAllowed = (host: string) =>
    exact.has(host) || suffixes.some((suffix) => host.endsWith(suffix)) || isOwnAddress(host, isLoopback);
  if (ownHost === undefined || exact.has('*')) return { key, allows: () => true };
  const known = new Set<string>();
  return {
    key,
    allows(header) {
      if (known.has(header)) return true;
      const host = canonicalHost(header);
      if (host === undefined || !isAllowed(host)) return false;
      if (known.size < MOST_KNOWN) known.add(header);
      return true;
    },
  };
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

function isOwnAddress(host: string, isLoopback: boolean): boolean {
  const version = isIP(host);
  if (version === 0) return false;
  return !isLoopback || LOOPBACK.check(host, version === 4 ? 'ipv4' : 'ipv6');
}

/** What stands before the port, as WHATWG URLs write it: in lower case, 127.1 as 127.0.0.1. Undefined for what is no host. */
export function canonicalHost(text: string): string | undefined {
  const host = isIP(text) === 6 ? `[${text}]` : text;
  if (!/^(?:\[[\da-f:.]+\]|[^\s:/?#@[\]\\,]+)(?::\d*)?$/i.test(host) || !URL.canParse(`http://${host}/`))
    return undefined;
  // A dot at the end of a name says that it is complete.
  return new URL(`http://${host}/`).hostname.replace(/^\[|\]$|\.$/g, '');
}
