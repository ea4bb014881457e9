import { describe, expect, it } from 'vitest';
import { BodyMemory } from './body-memory.ts';
import { MemoryBudget } from '../memory/memory-budget.ts';

const SIZES = [1, 65_536, 65_535, 300_000, 262_144, 0, 7];

const newMemory = () => new BodyMemory(new MemoryBudget(2 ** 30));

function filled(first: number): { memory: BodyMemory; pieces: Buffer[]; expected: Buffer } {
  const memory = newMemory();
  const pieces = SIZES.map((size, index) => Buffer.alloc(size, first + index));
  for (const piece of pieces) memory.add(piece);
  return { memory, pieces: memory.take(), expected: Buffer.concat(pieces) };
}

/** Bytes that the pieces keep from being collected. */
function heldBy(pieces: readonly Buffer[]): number {
  return [...new Set(pieces.map(({ buffer }) => buffer))].reduce((sum, { byteLength }) => sum + byteLength, 0);
}

it('has what was put in, in its order', () => {
  const { pieces, expected } = filled(1);
  expect(Buffer.concat(pieces).equals(expected)).toBe(true);
  expect(newMemory().take()).toEqual([]);
});

it('has what was put into the room of a large body, in its order, and no room for a small one', () => {
  const memory = newMemory();
  memory.expect(600_000);
  const expected: Buffer[] = [];
  for (let place = 1; memory.size < 600_000; place += 1) {
    const piece = Buffer.alloc(place * 1000, place);
    const left = 600_000 - memory.size;
    const room = place % 3 === 0 ? undefined : memory.room(left);
    const bytes = Math.min(piece.length, left, room?.length ?? Infinity);
    if (room === undefined) memory.add(piece.subarray(0, bytes));
    else memory.filled(piece.copy(room, 0, 0, bytes));
    expected.push(piece.subarray(0, bytes));
  }
  expect(Buffer.concat(memory.take()).equals(Buffer.concat(expected))).toBe(true);
  const small = newMemory();
  small.expect(100_000);
  expect(small.room(100_000)).toBeUndefined();
});

it('gives what came since it was last asked', () => {
  const memory = newMemory();
  const takes = ['a', 'bc', 'd'].map((text) => {
    for (const byte of Buffer.from(text)) memory.add(Buffer.from([byte]));
    return Buffer.concat(memory.take()).toString();
  });
  expect(takes).toEqual(['a', 'bc', 'd']);
});

it('is used again only after it was released', () => {
  const { memory, pieces, expected } = filled(1);
  const slab = pieces.at(-1)?.buffer;
  const other = filled(101);
  expect(Buffer.concat(pieces).equals(expected)).toBe(true);
  expect(Buffer.concat(other.pieces).equals(other.expected)).toBe(true);
  memory.release();
  const next = filled(201);
  expect(next.pieces.some(({ buffer }) => buffer === slab)).toBe(true);
  expect(Buffer.concat(next.pieces).equals(next.expected)).toBe(true);
  expect(Buffer.concat(other.pieces).equals(other.expected)).toBe(true);
});

it('is not used again when it was given up', () => {
  const { memory, pieces } = filled(1);
  memory.abandon();
  const held = new Set(pieces.map(({ buffer }) => buffer));
  expect(filled(2).pieces.some(({ buffer }) => held.has(buffer))).toBe(false);
});

describe('however a body is cut', () => {
  it.each([
    ['bytes', 1, 200_000],
    ['a few bytes', 7, 200_000],
    ['pieces that are nearly kept', 4095, 3_000_000],
    ['pieces that are kept', 4096, 3_000_000],
    ['what a socket gives', 65_536, 3_000_000],
  ])('into %s, it takes no more than twice its size', (_, cut, size) => {
    const memory = newMemory();
    const piece = Buffer.alloc(cut, 1);
    for (let sent = 0; sent < size; sent += cut) memory.add(Buffer.from(piece));
    const pieces = memory.take();
    expect(pieces.length).toBeLessThan(100);
    expect(heldBy(pieces)).toBeLessThan(2 * size);
  });

  it('one whose last piece is small takes no more than it for that', () => {
    const memory = newMemory();
    memory.expect(100_000);
    for (const size of [65_000, 34_900, 100]) memory.add(Buffer.alloc(size));
    expect(heldBy(memory.take())).toBeLessThan(102_000);
  });

  it('a large one takes little before much of it has come', () => {
    const memory = newMemory();
    memory.expect(6_500_000);
    for (let sent = 0; sent < 2000; sent += 1) memory.add(Buffer.from([1]));
    expect(heldBy(memory.take())).toBeLessThan(8192);
  });
});

describe('its share of the budget', () => {
  it('grows with the body and is given back', () => {
    const budget = new MemoryBudget(1000);
    const memory = new BodyMemory(budget);
    expect(memory.reserve(200)).toBe(true);
    expect(memory.reserve(100)).toBe(true);
    expect(memory.reserve(500)).toBe(false);
    memory.abandon();
    expect(budget.tryTake(1000)).toBe(true);
  });
});
