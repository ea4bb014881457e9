/** Calls over gRPC in both directions. */
import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { afterEach, describe, expect, it } from 'vitest';
import { closeAll, closing, frame, HEAD, hostOf, listen, open, withResolvers } from '../test-support/grpc-server.ts';

afterEach(closeAll);

describe('a call in both directions', () => {
  const PATH = '/a.B/Stream';
  const bytes = (text: string) => new TextEncoder().encode(text);
  const text = (message: Uint8Array) => Buffer.from(message).toString();

  /** Sees each message as it comes. */
  async function converse(hear: (stream: ServerHttp2Stream, piece: string) => void) {
    const server = createServer();
    const sessions: ServerHttp2Session[] = [];
    server.on('session', (session) => sessions.push(session.on('error', () => {})));
    server.on('stream', (stream) => {
      stream.respond(HEAD, { waitForTrailers: true });
      stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.on('error', () => {}).on('data', (piece: Buffer) => hear(stream, piece.subarray(5).toString()));
      stream.once('end', () => stream.end());
    });
    await listen(server);
    closing(() => {
      for (const session of sessions) session.destroy();
      server.close();
    });
    return open(hostOf(server)).calls;
  }

  it('goes on as both like', async () => {
    const calls = await converse((stream, piece) => stream.write(frame(Buffer.from(`${piece}!`))));
    let heard = () => {};
    async function* messages() {
      for (const each of ['one', 'two', 'three']) {
        yield bytes(each);
        await new Promise<void>((resolve) => (heard = resolve));
      }
    }
    const answers: string[] = [];
    for await (const answer of calls.stream({ path: PATH, messages: messages() }, text)) {
      answers.push(answer);
      heard();
    }
    expect(answers).toEqual(['one!', 'two!', 'three!']);
  });

  it('ends with its server, however long the messages would go on', async () => {
    const calls = await converse((stream) => stream.end(frame(Buffer.from('enough'))));
    async function* messages() {
      yield bytes('one');
      await new Promise(() => {});
    }
    const answers: string[] = [];
    for await (const answer of calls.stream({ path: PATH, messages: messages() }, text)) answers.push(answer);
    expect(answers).toEqual(['enough']);
  });

  it('ends with the loop over its answers, and its server is told', async () => {
    const left = withResolvers<number | undefined>();
    const calls = await converse((stream) => {
      stream.once('close', () => left.resolve(stream.rstCode));
      stream.write(frame(Buffer.from('first')));
    });
    async function* messages() {
      yield bytes('one');
      await new Promise(() => {});
    }
    for await (const answer of calls.stream({ path: PATH, messages: messages() }, text)) {
      expect(answer).toBe('first');
      break;
    }
    expect(await left.promise).toBe(8);
  });

  it('fails with what its messages throw, and with its time', async () => {
    const calls = await converse(() => {});
    const failing = (function* () {
      yield bytes('one');
      throw new RangeError('no more');
    })();
    await expect(calls.stream({ path: PATH, messages: failing }, text).next()).rejects.toThrow(/no more/);
    const endless = (async function* () {
      yield bytes('one');
      await new Promise(() => {});
    })();
    await expect(calls.stream({ path: PATH, messages: endless }, text, { timeoutMs: 50 }).next()).rejects.toMatchObject(
      {
        kind: 'timeout',
      },
    );
  });
});
