/** Addresses of sockets in the file system, which have about a hundred bytes at most (unix(7)) where paths have thousands. */
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';

/** A longer one would be cut; macOS has the least room. */
const LONGEST = 100;

/** Where to listen or to connect. */
export interface SocketAddress {
  /** Valid until it is closed, which is not before the socket has been opened; who listens needs it until its end. */
  readonly address: string;
  /** Gives the short way to it up. */
  readonly close: () => void;
}

/** Linux reaches a folder of any path by a short one, while it is open. @throws Error when the folder cannot be opened */
export function socketAddress(file: string, platform: string = process.platform): SocketAddress {
  if (platform !== 'linux' || !isTooLong(file)) return { address: file, close: () => {} };
  const fd = openSync(path.dirname(file), 'r');
  return { address: `/proc/self/fd/${fd}/${path.basename(file)}`, close: () => closeSync(fd) };
}

/** Whether a socket of that name can be reached on this system. */
export function canHoldSocket(file: string, platform: string = process.platform): boolean {
  return platform === 'linux' || !isTooLong(file);
}

function isTooLong(file: string): boolean {
  return Buffer.byteLength(file) > LONGEST;
}
