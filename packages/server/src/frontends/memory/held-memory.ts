/** The memory that bodies of answers keep alive: the answers of one batch came in one piece, which stays as long as any of them. */
import type { MemoryBudget } from './memory-budget.ts';

/** Counts each piece once, however many bodies lie in it. */
export class HeldMemory {
  readonly #budget: MemoryBudget;
  /** How many bodies lie in each piece of memory. */
  readonly #holders = new Map<ArrayBufferLike, number>();

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  /** Takes from the budget what is held for this body and for no other yet. @returns gives it back, unless others hold it still */
  take(body: Uint8Array | string): () => void {
    if (typeof body === 'string') {
      const bytes = Buffer.byteLength(body);
      this.#budget.take(bytes);
      return () => this.#budget.give(bytes);
    }
    const { buffer: memory } = body;
    const holders = this.#holders.get(memory) ?? 0;
    this.#holders.set(memory, holders + 1);
    if (holders === 0) this.#budget.take(memory.byteLength);
    return () => this.#release(memory);
  }

  #release(memory: ArrayBufferLike): void {
    const left = (this.#holders.get(memory) ?? 1) - 1;
    if (left > 0) this.#holders.set(memory, left);
    else {
      this.#holders.delete(memory);
      this.#budget.give(memory.byteLength);
    }
  }
}
