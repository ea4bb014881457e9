/** A response over node:http whose body comes in parts: each is sent as it comes, in chunks of HTTP/1.1. */
import type { ServerResponse } from 'node:http';
import type { StreamedResponse } from '../../protocols/endpoint.ts';
import { hasNoBody, writeHead, type ReplyFacts } from './response-head.ts';
import type { UntakenAnswers } from './untaken-answers.ts';

/** What sending works with. */
export interface PartsSending {
  /** For the head of the answer. */
  readonly facts: ReplyFacts;
  /** Where parts are noted that have not left. */
  readonly untaken: UntakenAnswers;
}

/** What became of it. */
export interface PartsSent {
  /** Of the parts that were sent. */
  readonly bytes: number;
  /** Why the parts ended early; when no headers were sent, the client can be told. */
  readonly error?: unknown;
}

/**
 * Asks for a part when the client has taken those before. An answer that ends early ends its connection without the last
 * chunk, so that its client sees that something is missing. Never rejects.
 */
export async function sendParts(
  response: ServerResponse,
  streamed: StreamedResponse,
  sending: PartsSending,
): Promise<PartsSent> {
  const parts = streamed.body[Symbol.asyncIterator]();
  const { socket } = response.req;
  // A read that waits for the next part ends, too.
  const onClosed = () => void parts.return?.().catch(() => {});
  // One that had ended its side before is a client that waits; one that does so now has left.
  const onEnd = () => socket.destroy();
  response.once('close', onClosed);
  socket.once('end', onEnd);
  const sent = { bytes: 0 };
  try {
    if (!response.destroyed && !response.headersSent) await writeParts(response, { streamed, parts, sent }, sending);
    return sent;
  } catch (error) {
    if (response.headersSent) {
      // What was written before is sent still.
      socket.destroySoon();
      sending.untaken.watch(response, '');
    }
    return { ...sent, error };
  } finally {
    response.off('close', onClosed);
    socket.off('end', onEnd);
    onClosed();
  }
}

interface Parts {
  readonly streamed: StreamedResponse;
  readonly parts: AsyncIterator<Uint8Array>;
  readonly sent: { bytes: number };
}

async function writeParts(
  response: ServerResponse,
  { streamed, parts, sent }: Parts,
  { facts, untaken }: PartsSending,
): Promise<void> {
  writeHead(response, streamed, { facts, length: undefined });
  const isWanted = !hasNoBody(streamed.status) && response.req.method !== 'HEAD';
  for (let step = isWanted ? await parts.next() : undefined; step?.done === false; step = await parts.next()) {
    if (response.destroyed) return;
    const { value } = step;
    sent.bytes += value.byteLength;
    if (value.byteLength === 0) response.flushHeaders();
    else if (!response.write(value)) await untaken.drained(response, value);
  }
  response.end();
  untaken.watch(response, '');
}
