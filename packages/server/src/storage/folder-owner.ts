/**
 * Who owns a folder that several servers can see: the one that listens on a socket in it. The kernel ends that with the
 * process, however it ends, and it holds across containers (where the same process ids stand for others).
 */
import { open } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import path from 'node:path';

const SOCKET = 'owner';
/** Of the address of a socket; a longer one would be cut. */
const LONGEST_ADDRESS = 100;

/** A folder that this process owns. */
export interface OwnedFolder {
  /** Gives it up; the folder stays. */
  release(): Promise<void>;
}

/** Takes a folder that nobody owns. @throws Error with a system's code when the folder is gone */
export async function ownFolder(folder: string): Promise<OwnedFolder> {
  const server = createServer((socket) => socket.destroy());
  // The address is needed again to take the socket away.
  const found = await addressIn(folder);
  try {
    await listen(server, found.address);
  } catch (error) {
    await found.close();
    throw error;
  }
  server.unref();
  return {
    async release() {
      await new Promise((resolve) => server.close(resolve));
      await found.close();
    },
  };
}

/** `unknown`: it has no socket, or another user's. */
export async function ownerOf(folder: string): Promise<'alive' | 'gone' | 'unknown'> {
  const found = await addressIn(folder).catch(() => undefined);
  if (found === undefined) return 'unknown';
  try {
    return await ask(found.address);
  } finally {
    await found.close();
  }
}

function ask(address: string): Promise<'alive' | 'gone' | 'unknown'> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once('connect', () => {
      socket.destroy();
      resolve('alive');
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      // EAGAIN: so many ask that it has not come to answer.
      if (code === 'EAGAIN') resolve('alive');
      else resolve(code === 'ECONNREFUSED' ? 'gone' : 'unknown');
    });
  });
}

function listen(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, resolve);
  });
}

interface Address {
  /** Of the socket; valid until it is closed. */
  readonly address: string;
  close(): Promise<void>;
}

/** Linux reaches a folder of any path by a short one. */
async function addressIn(folder: string): Promise<Address> {
  const address = path.join(folder, SOCKET);
  const isShort = Buffer.byteLength(address) <= LONGEST_ADDRESS;
  if (process.platform !== 'linux' || isShort) return { address, close: () => Promise.resolve() };
  const handle = await open(folder);
  return { address: `/proc/self/fd/${handle.fd}/${SOCKET}`, close: () => handle.close() };
}
