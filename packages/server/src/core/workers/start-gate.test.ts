import { describe, expect, it } from 'vitest';
import { StartGate, type StartTicket } from './start-gate.ts';

/** Enters, and notes its name when its turn comes. */
function enter(gate: StartGate, { name, order, urgency }: Entry): StartTicket {
  const ticket = gate.enter(urgency);
  if (ticket.turn === undefined) order.push(name);
  else void ticket.turn.then(() => order.push(name));
  return ticket;
}

interface Entry {
  readonly name: string;
  readonly order: string[];
  readonly urgency?: () => number;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('StartGate', () => {
  it('lets so many start at once, and another for each that leaves', async () => {
    const [gate, order] = [new StartGate({ atOnce: 2 }), [] as string[]];
    const [first] = ['a', 'b', 'c', 'd'].map((name) => enter(gate, { name, order }));
    await settled();
    expect(order).toEqual(['a', 'b']);
    first?.leave();
    first?.leave();
    await settled();
    expect(order).toEqual(['a', 'b', 'c']);
  });

  it('lets those before the others that are missed most by then, of several the oldest', async () => {
    const [gate, order] = [new StartGate({ atOnce: 1 }), [] as string[]];
    const urgencies = { first: 0, new: 0, old: 1, missed: 1, young: 1 };
    const [first, ...others] = Object.keys(urgencies).map((name) => {
      const urgency = () => urgencies[name as keyof typeof urgencies];
      return enter(gate, { name, order, urgency });
    });
    urgencies.missed = 2;
    for (const ticket of [first, others[2], others[1], others[3]]) {
      ticket?.leave();
      await settled();
    }
    expect(order).toEqual(['first', 'missed', 'old', 'young', 'new']);
  });

  it('gives no turn to one that has left, and lets it go on at once', async () => {
    const [gate, order] = [new StartGate({ atOnce: 1 }), [] as string[]];
    const first = enter(gate, { name: 'first', order });
    const tired = enter(gate, { name: 'tired', order });
    enter(gate, { name: 'next', order });
    tired.leave();
    await settled();
    first.leave();
    await settled();
    expect(order).toEqual(['first', 'tired', 'next']);
  });

  it('does not let one that takes long hold up the others', async () => {
    const [gate, order] = [new StartGate({ atOnce: 1, holdMs: 1 }), [] as string[]];
    for (const name of ['a', 'b', 'c']) enter(gate, { name, order });
    await expect.poll(() => order).toEqual(['a', 'b', 'c']);
  });
});
