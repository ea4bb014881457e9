import { describe, expect, it } from 'vitest';
import { ServeError } from '../errors.ts';
import type { JobResult } from './job-result.ts';
import { MOST_AHEAD, PartStream, type PartAmount } from './part-stream.ts';

function createStream() {
  const taken: PartAmount[] = [];
  const events = { closed: 0 };
  const stream = new PartStream({ onTaken: (amount) => taken.push(amount), onClosed: () => (events.closed += 1) });
  return { stream, taken, events };
}

const part = (text: string): JobResult => ({ meta: {}, body: Buffer.from(text) });
const next = async (stream: PartStream) => {
  const { done, value } = await stream.next();
  return done === true ? undefined : Buffer.from(value.body).toString();
};

describe('a stream of parts', () => {
  it('gives them in their order, whether they wait for the reader or the reader for them, and then its end', async () => {
    const { stream } = createStream();
    stream.add(part('a'));
    stream.add(part('b'));
    expect([await next(stream), await next(stream)]).toEqual(['a', 'b']);
    const asked = next(stream);
    stream.add(part('c'));
    expect(await asked).toBe('c');
    const askedForMore = next(stream);
    stream.end();
    expect([await askedForMore, await next(stream)]).toEqual([undefined, undefined]);
  });

  it('fails behind its parts with the first end that it was given', async () => {
    const { stream } = createStream();
    stream.add(part('a'));
    stream.end(new ServeError('worker_died', 'died'));
    stream.end();
    expect(await next(stream)).toBe('a');
    await expect(next(stream)).rejects.toThrow('died');
    const other = createStream().stream;
    const asked = next(other);
    other.end(new ServeError('worker_died', 'died'));
    await expect(asked).rejects.toThrow('died');
  });

  it.each([
    ['parts', MOST_AHEAD.parts, 0],
    ['bytes', 4, MOST_AHEAD.bytes / 4],
  ])('refuses a maker that sends more %s than there is room for', (_, count, size) => {
    const { stream } = createStream();
    for (let index = 0; index < count; index += 1) stream.add({ meta: {}, body: Buffer.alloc(size) });
    expect(() => stream.add(part('x'))).toThrow('before there was room');
  });

  it('tells what was taken before its maker would have to wait, for several parts at once', async () => {
    const { stream, taken } = createStream();
    const half = MOST_AHEAD.parts / 2;
    for (let index = 0; index < MOST_AHEAD.parts; index += 1) stream.add(part('xy'));
    for (let index = 0; index < half - 1; index += 1) await next(stream);
    expect(taken).toEqual([]);
    await next(stream);
    expect(taken).toEqual([{ parts: half, bytes: half * 2 }]);
    for (let index = 0; index < half; index += 1) stream.add(part('z'));
    expect(() => stream.add(part('z'))).toThrow('before there was room');
  });

  it('counts no time against its maker while that waits for the reader', async () => {
    const { stream } = createStream();
    stream.add(part('a'));
    const later = performance.now() + 1000;
    expect(stream.makingSince(later)).toBeLessThan(later - 900);
    for (let index = 1; index < MOST_AHEAD.parts; index += 1) stream.add(part('x'));
    expect(stream.makingSince(later)).toBe(later);
    for (let index = 0; index < MOST_AHEAD.parts / 2; index += 1) await next(stream);
    expect(stream.makingSince(later)).toBeLessThan(later - 900);
  });

  it('says once that its reader stopped, unless it was over, and drops what comes then', async () => {
    const { stream, taken, events } = createStream();
    stream.add(part('a'));
    await stream.return();
    await stream.return();
    stream.add(part('b'));
    expect([await next(stream), events.closed, taken.length]).toEqual([undefined, 1, 0]);
    const over = createStream();
    over.stream.end();
    await over.stream.return();
    expect(over.events.closed).toBe(0);
  });

  it('has one reader', async () => {
    const { stream } = createStream();
    const first = next(stream);
    await expect(next(stream)).rejects.toThrow('one reader');
    stream.end();
    await first;
  });

  it('keeps of a large piece of memory its own part alone', async () => {
    const { stream } = createStream();
    const large = Buffer.alloc(100_000);
    stream.add({ meta: {}, body: large.subarray(0, 10) });
    const { value } = (await stream.next()) as { value: JobResult };
    expect(value.body.buffer.byteLength).toBeLessThan(10_000);
  });
});
