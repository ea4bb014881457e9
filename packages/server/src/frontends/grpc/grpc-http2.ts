/** The HTTP/2 server inside of grpc-js. It has no public way to it, and shows of a message nothing before it is whole. */
import type { Http2Server } from 'node:http2';
import { Server as NetServer } from 'node:net';
import type { Server } from '@grpc/grpc-js';

/** @throws Error when a release of grpc-js keeps it elsewhere */
export function http2ServerOf(server: Server): Http2Server {
  const servers: unknown = Reflect.get(server, 'http2Servers');
  const [found] = servers instanceof Map ? (servers.keys() as Iterable<unknown>) : [];
  if (!(found instanceof NetServer)) throw new Error('grpc-js does not keep its HTTP/2 server in "http2Servers"');
  return found as Http2Server;
}
