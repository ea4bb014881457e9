/** The connections of a server, each with the response that is being made on it; node:http leaves out those that never had one. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The latest response of each connection; undefined where no request is being answered. */
export type Connections = ReadonlyMap<Socket, ServerResponse | undefined>;

export function trackConnections(server: Server): Connections {
  const connections = new Map<Socket, ServerResponse | undefined>();
  const onRequest = ({ socket }: IncomingMessage, response: ServerResponse) => {
    connections.set(socket, response);
    response.on('close', () => {
      if (connections.get(socket) === response && !socket.destroyed) connections.set(socket, undefined);
    });
  };
  server.on('connection', (socket: Socket) => {
    connections.set(socket, undefined);
    socket.once('close', () => connections.delete(socket));
  });
  server.on('request', onRequest);
  server.on('checkContinue', onRequest);
  server.on('checkExpectation', onRequest);
  return connections;
}
