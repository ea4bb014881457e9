/** Load on an echo model beside which things go wrong: each answer is checked. */
import type { Daemon } from '../helpers/daemon.ts';
import { echoQuestion } from '../helpers/echo-questions.ts';
import { startLoad, type Load } from '../helpers/load.ts';
import type { Chaos } from './scenario.ts';

export interface EchoLoadOptions {
  readonly model: string;
  readonly connections: number;
}

/** Goes on until it is stopped, and ends with the scenario. */
export function startEchoLoad(
  { defer }: Pick<Chaos, 'defer'>,
  { inference }: Daemon,
  { model, connections }: EchoLoadOptions,
): Load {
  const load = startLoad({ address: inference, connections, question: (index) => echoQuestion(model, index) });
  defer(() => load.stop());
  return load;
}
