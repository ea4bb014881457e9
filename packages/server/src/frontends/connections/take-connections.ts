/** New connections of a server of node:http, before that takes them. */
import type { Server, Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';

/** Takes a connection. */
export type ConnectionTaker = (socket: Socket) => void;

/**
 * @param server of node:http or node:https, fresh
 * @param taker gets every connection
 * @returns what gives a connection to node:http, also one from which bytes were read and put back
 */
export function takeConnections(server: Server, taker: ConnectionTaker): ConnectionTaker {
  const event = server instanceof TlsServer ? 'secureConnection' : 'connection';
  const [serveHttp] = server.listeners(event) as ((this: Server, socket: Socket) => void)[];
  if (serveHttp === undefined) throw new Error(`node:http no longer listens to "${event}"`);
  server.removeListener(event, serveHttp);
  server.on(event, taker);
  return (socket) => serveHttp.call(server, socket);
}
