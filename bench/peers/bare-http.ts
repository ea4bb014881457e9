/** The limit: bare `node:http` that reads the body and answers a constant, without a model. */
import type { Bench } from '../bench.ts';
import { startChild } from '../child.ts';
import type { Contender, PeerServer } from './peer.ts';
import { wireOf } from './python-peer.ts';

export const bareHttp: Contender = {
  label: 'bare node:http (limit)',
  settings: 'reads the body and answers a constant, without a model',
  isPredicting: false,
  start,
};

async function start(bench: Bench): Promise<PeerServer> {
  const started = performance.now();
  const child = startChild('limits/bare-http-process.js');
  const close = () => child.close();
  bench.defer(close);
  const { port } = await child.ask<{ port: number }>({});
  const wire = wireOf({ path: () => '/' }, bench, `http://127.0.0.1:${port}`);
  return { pid: child.pid, started, close, ended: child.ended, ...wire };
}
