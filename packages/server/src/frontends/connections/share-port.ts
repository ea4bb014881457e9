/** REST and gRPC on one port: connections of HTTP/2 go to gRPC, before node:http takes them, all others to node:http as ever. */
import type { Server, Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { tellProtocol } from './tell-protocol.ts';

/** What is offered under TLS. Clients that speak both, as browsers and curl, are answered by REST: of HTTP/2, gRPC alone is spoken here. */
export const SHARED_PROTOCOLS = ['http/1.1', 'h2'];

/**
 * @param server of node:http or node:https, fresh
 * @param timeoutMs for the first bytes of a connection
 * @param serve takes connections of HTTP/2
 */
export function sharePort(server: Server, timeoutMs: number, serve: (socket: Socket) => void): void {
  const event = server instanceof TlsServer ? 'secureConnection' : 'connection';
  const [serveHttp] = server.listeners(event) as ((this: Server, socket: Socket) => void)[];
  if (serveHttp === undefined) throw new Error(`node:http no longer listens to "${event}"`);
  server.removeListener(event, serveHttp);
  server.on(event, (socket: Socket) => {
    tellProtocol(socket, timeoutMs, (isHttp2) => {
      if (isHttp2) serve(socket);
      else serveHttp.call(server, socket);
    });
  });
}
