/** Opens a server at its address, whatever it speaks there. */
import type { ListenOptions, Server } from 'node:net';
import { ListenError } from './listen-error.ts';

/** An address that is open. */
export interface Listener {
  /** Where it really listens, as a URL. */
  readonly address: string;
  /**
   * Takes no more connections, answers the requests that it has and those that are on their way, tells clients not to
   * send more on theirs, and resolves when all are closed; after `timeoutMs` it closes those that are left.
   */
  close(timeoutMs: number): Promise<void>;
}

/** What is to be opened. */
export interface Listening {
  /** For the error. */
  readonly name: ListenError['listener'];
  /** As node:net takes it. */
  readonly address: ListenOptions;
  /** The address as messages show it. */
  readonly shown: string;
}

/** @throws ListenError */
export function listen(server: Server, { name, address, shown }: Listening): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => reject(new ListenError(name, shown, error));
    server.once('error', onError);
    server.listen(address, () => {
      server.off('error', onError);
      resolve();
    });
  });
}

/** `127.0.0.1:8080`, `[::1]:8080` */
export function hostAndPort({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
