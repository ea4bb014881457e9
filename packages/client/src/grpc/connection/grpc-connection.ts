/** The connection to a host: opened again with the first call after it ended. */
import { reasonOf } from '../../client-error.ts';
import type { Host } from '../../hosts/host.ts';
import { unavailable } from '../call/rpc-failure.ts';
import { GrpcSession } from './grpc-session.ts';
import { openSession, type ConnectionOptions } from './open-session.ts';

/** One at a time. */
export class GrpcConnection {
  readonly #host: Host;
  readonly #options: ConnectionOptions;
  #session: GrpcSession | undefined;
  #opening: Promise<GrpcSession> | undefined;
  #isClosed = false;

  /** Opens none yet. */
  constructor(host: Host, options: ConnectionOptions) {
    this.#host = host;
    this.#options = options;
  }

  /** Calls that come while it is being opened wait for the same. @throws RpcFailure; Error for certificates that cannot be read */
  session(): GrpcSession | Promise<GrpcSession> {
    if (this.#session?.isUsable === true) return this.#session;
    this.#session?.close();
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  /** When its calls are answered. */
  close(): void {
    this.#isClosed = true;
    this.#session?.close();
  }

  async #open(): Promise<GrpcSession> {
    const opened = openSession(this.#host, this.#options).catch((cause: unknown) => {
      throw unavailable(`no connection: ${reasonOf(cause)}`, cause);
    });
    const session = new GrpcSession(await opened);
    this.#session = session;
    if (!this.#isClosed) return session;
    session.close();
    throw unavailable('no connection: it is not wanted any more');
  }
}
