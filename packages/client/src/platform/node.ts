/** Node: connections that are kept by undici, names by its resolver. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Platform } from './platform.ts';
import { UndiciTransport } from './undici/undici-transport.ts';

/** With pools of connections of its own for each client. */
export const platform: Platform = {
  createTransport: (options) => new UndiciTransport(options),
  resolve: resolveName,
  maySendDeadline: () => true,
};

/** All addresses of a name; undefined for an address. @throws Error when there are none */
export async function resolveName(hostname: string): Promise<readonly string[] | undefined> {
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) return undefined;
  const found = await lookup(hostname, { all: true });
  return found.map(({ address }) => address);
}
