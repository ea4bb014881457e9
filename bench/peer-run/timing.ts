/** How long the peers are measured, and how often. */
import type { LoadName } from './turn.ts';

export interface PeerTiming {
  /** Each takes its turn once in a round. */
  readonly rounds: number;
  /** Of one measurement. */
  readonly seconds: Readonly<Record<LoadName, number>>;
  /** Before the first measurement of a model: Java takes longest. */
  readonly warmUp: number;
}

export const FULL_PEERS: PeerTiming = { rounds: 3, seconds: { busy: 4, lone: 2 }, warmUp: 4 };
export const QUICK_PEERS: PeerTiming = { rounds: 1, seconds: { busy: 1, lone: 1 }, warmUp: 1 };

/** To start a server, to end it, and to wait between measurements. */
const OTHER_SECONDS = 6;

/** About how many seconds a turn with so many models takes. */
export function estimateTurn({ seconds, warmUp }: PeerTiming, models: number): number {
  return OTHER_SECONDS + models * (warmUp + seconds.busy + seconds.lone + 2);
}
