/** The answers that their clients have not taken: they count into the budget, and end when they take too long. */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { startTimer } from '../../core/timer.ts';
import { afterTurn } from '../after-turn.ts';
import { HeldMemory } from '../memory/held-memory.ts';
import type { MemoryBudget } from '../memory/memory-budget.ts';

/** Where memory is short, a client has so long to take its answer. */
const LEAST_MS = 1000;

interface Untaken {
  readonly response: ServerResponse;
  readonly since: number;
}

/** Those of one listener. */
export class UntakenAnswers {
  readonly #budget: MemoryBudget;
  readonly #timeoutMs: number;
  readonly #held: HeldMemory;
  /** The oldest first. */
  readonly #answers = new Set<Untaken>();
  /** Whether it will look again by itself. */
  #isRelieving = false;

  /** @param timeoutMs after which a connection is closed whose client has not taken its answer */
  constructor(budget: MemoryBudget, timeoutMs: number) {
    this.#budget = budget;
    this.#held = new HeldMemory(budget);
    this.#timeoutMs = timeoutMs;
  }

  /** Counts an answer with this body, which was just sent, until it is taken. */
  watch(response: ServerResponse, body: Uint8Array | string): void {
    afterTurn(() => {
      if (!response.writableFinished && !response.destroyed) this.#add(response, body);
    });
  }

  /** Counts a part of an answer until there is room for more of it; resolves then, or when the connection is closed. */
  drained(response: ServerResponse, part: Uint8Array): Promise<void> {
    if (response.destroyed) return Promise.resolve();
    return new Promise((resolve) => this.#add(response, part, resolve));
  }

  /** @param onDrained called once for a part of an answer, which may be taken before the answer's end */
  #add(response: ServerResponse, body: Uint8Array | string, onDrained?: () => void): void {
    const answer = { response, since: performance.now() };
    // One that waits for its turn, behind an earlier answer on its connection, has no time of its own yet.
    const expire = () => {
      if (response.socket !== null) cut(response.req.socket);
      else timer = startTimer(expire, this.#timeoutMs);
    };
    let timer = startTimer(expire, this.#timeoutMs);
    const giveBack = this.#held.take(body);
    this.#answers.add(answer);
    const onTaken = () => {
      response.off('close', onTaken).off('drain', onTaken);
      clearTimeout(timer);
      this.#answers.delete(answer);
      giveBack();
      onDrained?.();
    };
    response.once('close', onTaken);
    if (onDrained !== undefined) response.once('drain', onTaken);
    this.#relieve();
  }

  /** Closes the connections of the slowest readers as long as there is too much; looks again while there may be more. */
  #relieve(): void {
    const latest = performance.now() - LEAST_MS;
    for (const { response, since } of this.#answers) {
      if (!this.#budget.isOverdrawn) return;
      if (since > latest) break;
      cut(response.req.socket);
    }
    if (!this.#budget.isOverdrawn || this.#answers.size === 0) return;
    if (this.#isRelieving) return;
    this.#isRelieving = true;
    startTimer(() => {
      this.#isRelieving = false;
      this.#relieve();
    }, LEAST_MS).unref();
  }
}

/** Closes the connection of a client that does not read. */
export function cut(socket: Socket): void {
  // What its system holds of the answer goes, too; node:tls has no such thing.
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}
