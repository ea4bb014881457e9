import { expect, it } from 'vitest';
import { BodyMemory } from './body-memory.ts';

const SIZES = [1, 65_536, 65_535, 300_000, 262_144, 0, 7];

function filled(first: number): { memory: BodyMemory; expected: Buffer } {
  const memory = new BodyMemory();
  const pieces = SIZES.map((size, index) => Buffer.alloc(size, first + index));
  for (const piece of pieces) memory.add(piece);
  return { memory, expected: Buffer.concat(pieces) };
}

it('has what was put in, in its order', () => {
  const { memory, expected } = filled(1);
  expect(Buffer.concat(memory.chunks()).equals(expected)).toBe(true);
  expect(new BodyMemory().chunks()).toEqual([]);
});

it('is used again only after it was released', () => {
  const { memory, expected } = filled(1);
  const [kept] = memory.chunks();
  const other = filled(101);
  expect(Buffer.concat(memory.chunks()).equals(expected)).toBe(true);
  expect(Buffer.concat(other.memory.chunks()).equals(other.expected)).toBe(true);
  memory.release();
  const next = filled(201);
  expect(next.memory.chunks().some((chunk) => chunk.buffer === kept?.buffer)).toBe(true);
  expect(Buffer.concat(next.memory.chunks()).equals(next.expected)).toBe(true);
  expect(Buffer.concat(other.memory.chunks()).equals(other.expected)).toBe(true);
});
