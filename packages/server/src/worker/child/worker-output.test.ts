import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { LineTail, readLines } from './worker-output.ts';

async function linesOf(...chunks: (string | Buffer)[]): Promise<string[]> {
  const stream = new PassThrough();
  const lines: string[] = [];
  readLines(stream, (line) => lines.push(line));
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await finished(stream);
  return lines;
}

describe('readLines', () => {
  it('puts lines together from pieces, the last one without a line end too', async () => {
    expect(await linesOf('fir', 'st\nsec', 'ond\r\nthird')).toEqual(['first', 'second', 'third']);
  });

  it('keeps characters whole that come in two pieces', async () => {
    const bytes = Buffer.from('größe\n');
    expect(await linesOf(bytes.subarray(0, 3), bytes.subarray(3))).toEqual(['größe']);
  });

  it('cuts lines that are too long, whether they end or not', async () => {
    const lengths = (await linesOf('x'.repeat(20_000), 'y'.repeat(1000), '\n', 'z'.repeat(10_000))).map(
      ({ length }) => length,
    );
    expect(Math.max(...lengths)).toBe(8192);
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(31_000);
  });
});

describe('LineTail', () => {
  it('keeps the last twenty lines', () => {
    const tail = new LineTail();
    for (let line = 1; line <= 25; line += 1) tail.add(`line ${line}`);
    const lines = tail.toString().split('\n');
    expect(lines).toHaveLength(20);
    expect([lines[0], lines[19]]).toEqual(['line 6', 'line 25']);
  });
});
