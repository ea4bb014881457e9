import { describe, expect, it } from 'vitest';
import { HeldMemory } from './held-memory.ts';
import { MemoryBudget } from './memory-budget.ts';

/** Says as well whether all of a budget of 1000 bytes is taken. */
function createHeld() {
  const budget = new MemoryBudget(1000);
  const held = new HeldMemory(budget);
  const isFull = () => {
    budget.take(1);
    const { isOverdrawn } = budget;
    budget.give(1);
    return isOverdrawn;
  };
  return { held, isFull };
}

describe('the memory that answers hold', () => {
  it('is that of their whole batch, once, until the last of them is taken', () => {
    const { held, isFull } = createHeld();
    const batch = Buffer.from(new ArrayBuffer(1000));
    const giveBacks = [held.take(batch.subarray(0, 1)), held.take(batch.subarray(1, 1000))];
    expect(isFull()).toBe(true);
    giveBacks[1]?.();
    expect(isFull()).toBe(true);
    giveBacks[0]?.();
    expect(isFull()).toBe(false);
    held.take(batch);
    expect(isFull()).toBe(true);
  });

  it('is that of their bytes for texts', () => {
    const { held, isFull } = createHeld();
    const giveBack = held.take('é'.repeat(500));
    expect(isFull()).toBe(true);
    giveBack();
    expect(isFull()).toBe(false);
  });
});
