/** A connection to each host of a client. */
import { hostKey, type Host } from '../../hosts/host.ts';
import { unavailable } from '../call/rpc-failure.ts';
import { GrpcConnection } from './grpc-connection.ts';
import type { GrpcSession } from './grpc-session.ts';
import type { ConnectionOptions } from './open-session.ts';

/** Opened with their first call, and kept. */
export class GrpcConnections {
  readonly #options: ConnectionOptions;
  readonly #connections = new Map<string, GrpcConnection>();
  #isClosed = false;

  /** Opens none yet. */
  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** @throws RpcFailure without a connection; Error for certificates that cannot be read */
  sessionTo(host: Host): GrpcSession | Promise<GrpcSession> {
    if (this.#isClosed) throw unavailable('the client is closed');
    const key = hostKey(host);
    const connection = this.#connections.get(key) ?? new GrpcConnection(host, this.#options);
    this.#connections.set(key, connection);
    return connection.session();
  }

  /** Ends the connection to a host when its calls are answered. */
  forget(host: Host): void {
    this.#connections.get(hostKey(host))?.close();
    this.#connections.delete(hostKey(host));
  }

  /** Ends all when their calls are answered. */
  close(): void {
    this.#isClosed = true;
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
  }
}
