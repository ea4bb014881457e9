/** Who is measured: the limit, marserve, and the peers that this machine can run. */
import type { Cleanup } from '../cleanup.ts';
import type { PeerOptions } from '../options.ts';
import { bareHttp } from '../peers/bare-http.ts';
import { PEERS } from '../peers/index.ts';
import { marserve } from '../peers/marserve.ts';
import type { LeftOut } from './report.ts';
import type { Entrant } from './rounds.ts';

export interface FindOptions {
  /** Ends what is being installed. */
  readonly cleanup: Cleanup;
  /** Hears what takes long, and who is left out. */
  readonly say: (line: string) => void;
}

/** In the order in which they are measured. */
export async function findEntrants(
  { names, onnxruntimeServer }: PeerOptions,
  { cleanup, say }: FindOptions,
): Promise<{ entrants: Entrant[]; leftOut: LeftOut[] }> {
  const abort = new AbortController();
  cleanup.add(async () => abort.abort());
  const { signal } = abort;
  const node = { Node: process.version.slice(1) };
  const entrants: Entrant[] = [bareHttp, ...marserve].map((contender) => ({ contender, versions: node }));
  const leftOut: LeftOut[] = [];
  for (const peer of PEERS.filter(({ name }) => names?.includes(name) ?? true)) {
    const onStep = (step: string) => say(`${peer.name}: ${step}`);
    try {
      const { versions, contenders } = await peer.prepare({ onnxruntimeServer, onStep, signal });
      entrants.push(...contenders.map((contender) => ({ contender, versions })));
    } catch (error) {
      if (signal.aborted) throw error;
      const reason = (error as Error).message;
      leftOut.push({ name: peer.name, reason, isFailure: names !== undefined });
      say(`${peer.name} is left out: ${reason}`);
    }
  }
  return { entrants, leftOut };
}
