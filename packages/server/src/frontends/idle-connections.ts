/** The connections of a server on which no request is being answered; node:http leaves out those that never had one. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export function trackIdleConnections(server: Server): ReadonlySet<Socket> {
  const idle = new Set<Socket>();
  const onRequest = ({ socket }: IncomingMessage, response: ServerResponse) => {
    idle.delete(socket);
    response.once('close', () => {
      if (!socket.destroyed) idle.add(socket);
    });
  };
  server.on('connection', (socket: Socket) => {
    idle.add(socket);
    socket.once('close', () => idle.delete(socket));
  });
  server.on('request', onRequest);
  server.on('checkContinue', onRequest);
  return idle;
}
