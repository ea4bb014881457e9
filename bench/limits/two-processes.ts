/** The least that a server costs which runs its model in a process of its own: nothing but the way there and back. */
import type { Bench } from '../bench.ts';
import { startChild } from '../child.ts';
import { runLoad } from '../load.ts';
import { bodyOf, checkAnswer, sendBody, type PredictionOptions } from '../prediction.ts';
import type { Probe } from '../scenario.ts';
import { startLoop } from './loop.ts';

/** Bare `node:http` passes the body, as it is, over a socket pair to a bare process, which parses it and runs the model. */
export async function startTwoProcesses(bench: Bench, { model, body, connections }: PredictionOptions): Promise<Probe> {
  const child = startChild('limits/two-processes-server.js', [await bench.modelFile(model)]);
  bench.defer(() => child.close());
  const { port } = await child.ask<{ port: number }>({});
  const load = await bodyOf(bench, model, body);
  const url = `http://127.0.0.1:${port}/`;
  checkAnswer(await (await startLoop(bench, model)).answer(), await sendBody(url, load));
  return (seconds) => runLoad({ ...load, url, connections, seconds });
}
