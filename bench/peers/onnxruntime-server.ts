/** onnxruntime-server (https://github.com/kibae/onnxruntime-server), in C++: it is on no registry, and its binary is given by path. */
import { access, constants, mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import type { Bench } from '../bench.ts';
import { freePorts } from '../daemon.ts';
import { send, untilAnswered } from '../http.ts';
import type { ModelName } from '../models/models.ts';
import { startGroup } from '../peer-run/process-group.ts';
import type { Contender, Peer, PeerServer } from './peer.ts';
import { wireOf } from './python-peer.ts';

const WORKERS = [1, 4] as const;
const START_MS = 30_000;

export const onnxruntimeServer: Peer = {
  name: 'onnxruntime-server',
  async prepare({ onnxruntimeServer: binary }) {
    if (binary === undefined) throw new Error('no binary was given: --onnxruntime-server PATH');
    await access(binary, constants.X_OK);
    return { versions: {}, contenders: WORKERS.map((workers) => contender(path.resolve(binary), workers)) };
  },
};

function contender(binary: string, workers: number): Contender {
  return {
    label: `onnxruntime-server, ${workers} thread${workers === 1 ? '' : 's'}`,
    settings: `--workers=${workers}, --log-level=error; no setting for the threads of a session, which are ONNX Runtime's default`,
    start: (bench, models) => start(bench, { binary, workers }, models),
  };
}

async function start(
  bench: Bench,
  { binary, workers }: { readonly binary: string; readonly workers: number },
  models: readonly ModelName[],
): Promise<PeerServer> {
  const [address = ''] = await freePorts(1);
  const cwd = await bench.folder();
  for (const model of models) {
    await mkdir(path.join(cwd, model, '1'), { recursive: true });
    await symlink(await bench.modelFile(model), path.join(cwd, model, '1', 'model.onnx'));
  }
  const port = new URL(address).port;
  const args = [`--workers=${workers}`, `--http-port=${port}`, `--model-dir=${cwd}`, '--log-level=error'];
  const group = await startGroup({ program: binary, args, cwd });
  bench.defer(() => group.close());
  await openSessions(address, models, group.ended);
  const wire = {
    path: (model: ModelName) => `/api/sessions/${model}/1`,
    bodyOf: (row: unknown) => ({ x: [row] }),
    rowOf: (answer: unknown) => (answer as { readonly y: readonly unknown[] }).y[0],
  };
  return { ...group, ...wireOf(wire, bench, address) };
}

/** It loads a model when it is told to. */
async function openSessions(address: string, models: readonly ModelName[], ended: Promise<never>): Promise<void> {
  await untilAnswered(`${address}/health`, { timeoutMs: START_MS, ended });
  for (const model of models) {
    const body = Buffer.from(JSON.stringify({ model, version: '1' }));
    await send(`${address}/api/sessions`, { method: 'POST', body, contentType: 'application/json' });
  }
}
