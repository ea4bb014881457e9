/** Ends connections on which a client does nothing but ping, as the servers of gRPC do ("too_many_pings"). */
import { constants, type ServerHttp2Session } from 'node:http2';
import type { GrpcSession } from './grpc-session.ts';

/** So many pings in a row may come early; gRPC's own. */
const EARLY_PINGS = 2;

/** @param leastMs shortest time between two pings on a connection without calls; 0 for any */
export function limitPings(session: ServerHttp2Session, calls: Pick<GrpcSession, 'openCalls'>, leastMs: number): void {
  let early = 0;
  let last = -Infinity;
  session.on('ping', () => {
    const now = performance.now();
    // With calls under way they measure the line.
    early = calls.openCalls === 0 && now - last < leastMs ? early + 1 : 0;
    last = now;
    if (early <= EARLY_PINGS || session.destroyed) return;
    session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 0, Buffer.from('too_many_pings'));
    session.destroy();
  });
}
