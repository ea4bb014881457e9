import { expect, it } from 'vitest';
import { MemoryBudget } from './memory-budget.ts';

it('leaves room for small ones beside large ones', () => {
  const budget = new MemoryBudget(1000);
  let large = 0;
  while (budget.tryTake(100)) large += 1;
  expect(large).toBe(7);
  expect(budget.tryTake(70)).toBe(true);
});

it('takes one that fits only alone', () => {
  const budget = new MemoryBudget(1000);
  expect(budget.tryTake(1000)).toBe(true);
  expect(budget.tryTake(1)).toBe(false);
  budget.give(1000);
  expect(budget.tryTake(1001)).toBe(false);
});

it('lets those that wait in when there is room, and nobody twice', async () => {
  const budget = new MemoryBudget(1000);
  budget.take(1000);
  const waiting = [100, 100, 900].map((bytes) => budget.takeWithin(bytes === 900 ? 1 : 60_000, bytes));
  expect(await waiting[2]).toBe(false);
  budget.give(1000);
  expect(await Promise.all(waiting)).toEqual([true, true, false]);
  budget.give(200);
  expect(budget.tryTake(1000)).toBe(true);
});

it('refuses at once what can never come in', async () => {
  const budget = new MemoryBudget(1000);
  budget.take(1);
  expect(await budget.takeWithin(60_000, 1001)).toBe(false);
});

it('knows when answers have taken too much', () => {
  const budget = new MemoryBudget(1000);
  budget.take(1001);
  expect(budget.isOverdrawn).toBe(true);
  budget.give(1);
  expect(budget.isOverdrawn).toBe(false);
});
