/**
 * Who owns a folder that several servers can see: the one that listens on a socket in it. The kernel ends that with the
 * process, however it ends, and it holds across containers (where the same process ids stand for others).
 */
import { connect, createServer, type Server } from 'node:net';
import path from 'node:path';
import { socketAddress, type SocketAddress } from '../system/socket-address.ts';

const SOCKET = 'owner';

/** A folder that this process owns. */
export interface OwnedFolder {
  /** Gives it up; the folder stays. */
  release(): Promise<void>;
}

/** Takes a folder that nobody owns. @throws Error with a system's code when the folder is gone */
export async function ownFolder(folder: string): Promise<OwnedFolder> {
  const server = createServer((socket) => socket.destroy());
  // The address is needed again to take the socket away.
  const found = addressIn(folder);
  try {
    await listen(server, found.address);
  } catch (error) {
    found.close();
    throw error;
  }
  server.unref();
  return {
    async release() {
      await new Promise((resolve) => server.close(resolve));
      found.close();
    },
  };
}

/** `unknown`: it has no socket, or another user's. */
export async function ownerOf(folder: string): Promise<'alive' | 'gone' | 'unknown'> {
  try {
    const { address, close } = addressIn(folder);
    return await ask(address).finally(close);
  } catch {
    return 'unknown';
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

function addressIn(folder: string): SocketAddress {
  return socketAddress(path.join(folder, SOCKET));
}
