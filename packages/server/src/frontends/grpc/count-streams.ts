/** Counts the calls that are under way on each connection of HTTP/2. */
import type { Http2Server, Http2Session, ServerHttp2Stream } from 'node:http2';

/** How many streams of a connection are open. */
export type OpenStreams = (session: Http2Session) => number;

/** Counts from now on. */
export function countStreams(server: Http2Server): OpenStreams {
  const counts = new WeakMap<Http2Session, number>();
  const open: OpenStreams = (session) => counts.get(session) ?? 0;
  server.on('stream', (stream: ServerHttp2Stream) => {
    const { session } = stream;
    if (session === undefined) return;
    counts.set(session, open(session) + 1);
    stream.once('close', () => counts.set(session, open(session) - 1));
  });
  return open;
}
