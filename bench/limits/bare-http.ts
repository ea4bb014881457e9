/** The limit of a server: bare `node:http` that reads the body and answers a constant. */
import type { Bench } from '../bench.ts';
import { startChild } from '../child.ts';
import { runLoad, type LoadBody } from '../load.ts';
import { bodyOf, type PredictionOptions } from '../prediction.ts';
import type { Probe } from '../scenario.ts';

/** Load of the requests that a server of this model gets. */
export async function startBareHttpLoad(bench: Bench, options: PredictionOptions): Promise<Probe> {
  const body = await bodyOf(bench, options.model, options.body);
  return startBareHttp(bench, { ...body, connections: options.connections });
}

/** Starts it in a process of its own; resolves with what measures it. */
export async function startBareHttp(bench: Bench, load: LoadBody & { readonly connections: number }): Promise<Probe> {
  const child = startChild('limits/bare-http-process.js');
  bench.defer(() => child.close());
  const { port } = await child.ask<{ port: number }>({});
  return (seconds) => runLoad({ ...load, url: `http://127.0.0.1:${port}/`, seconds });
}
