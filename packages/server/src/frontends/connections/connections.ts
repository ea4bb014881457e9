/** The connections of a server, each with the response that is being made on it; node:http leaves out those that never had one. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';

/** The latest response of each connection; undefined where no request is being answered. */
export type Connections = ReadonlyMap<Socket, ServerResponse | undefined>;

/** The connections of a server that are on no fast path. */
export interface ConnectionTable {
  /** Each with the response that is being made on it. Those that others serve are to be taken out. */
  readonly connections: Map<Socket, ServerResponse | undefined>;
  /** To be called before node:http is given a connection, or somebody who tells what is spoken on it. */
  readonly add: (socket: Socket) => void;
}

/** Under TLS, those that agree on keys are in it by themselves. */
export function trackConnections(server: Server): ConnectionTable {
  const connections = new Map<Socket, ServerResponse | undefined>();
  const queued = new WeakMap<Socket, Set<ServerResponse>>();
  const onRequest = ({ socket }: IncomingMessage, response: ServerResponse) => {
    connections.set(socket, response);
    const waiting = response.socket === null ? (queued.get(socket) ?? new Set()) : undefined;
    if (waiting !== undefined) queued.set(socket, waiting.add(response));
    response.on('close', () => {
      waiting?.delete(response);
      if (connections.get(socket) === response && !socket.destroyed) connections.set(socket, undefined);
    });
  };
  const add = (socket: Socket) => {
    connections.set(socket, undefined);
    socket.once('close', () => {
      connections.delete(socket);
      for (const response of queued.get(socket) ?? []) closeUnsent(response);
    });
  };
  if (server instanceof TlsServer) trackHandshakes(server, { connections, add });
  server.on('request', onRequest);
  server.on('checkContinue', onRequest);
  server.on('checkExpectation', onRequest);
  return { connections, add };
}

/** The socket of a connection stands for it until keys are agreed on, and one of node:tls from then on. */
function trackHandshakes(server: TlsServer, { connections, add }: ConnectionTable): void {
  const handshakes = new Map<string, Socket>();
  server.on('connection', (socket: Socket) => {
    add(socket);
    const end = endOf(socket);
    handshakes.set(end, socket);
    socket.once('close', () => handshakes.delete(end));
  });
  server.on('secureConnection', (socket: Socket) => {
    const handshake = handshakes.get(endOf(socket));
    if (handshake !== undefined) connections.delete(handshake);
  });
}

/** Those that wait behind an earlier answer on their connection are told nothing of its end by node:http. */
function closeUnsent(response: ServerResponse): void {
  if (response.socket !== null) return;
  response.destroy();
  response.emit('close');
}

function endOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
