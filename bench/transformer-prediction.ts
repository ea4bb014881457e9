/** Load of transformers: with a predictor of the same server, and with one elsewhere. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { addArchive, type Bench } from './bench.ts';
import { startChild } from './child.ts';
import { freePorts, serve, startDaemon, type Daemon } from './daemon.ts';
import { runLoad } from './load.ts';
import { checkOip, oipBody, type OipOptions } from './oip-prediction.ts';
import { bodyOf, checkAnswer, expectedAnswer, sendBody } from './prediction.ts';
import type { Probe } from './scenario.ts';

/** What both do before the model and behind it; the numbers stay as they are, so that the answers can be compared. */
const STAGES = `
  const toTensor = (pixels) => createTensor('float32', [1, 1, 28, 28], pixels[0].flat().map((each) => (each * 255) / 255));
  const named = (scores) => Object.fromEntries(Array.from(scores, (score, digit) => [digit, score]));
`;

const ALONE = `
  import { BaseHandler, createTensor } from '@marserve/handlers';
  ${STAGES}
  export default class Digits extends BaseHandler {
    preprocess(rows) {
      return rows.map(({ body }) => toTensor(body));
    }
    postprocess(outputs) {
      return outputs.map(({ y }) => named(y.data));
    }
  }
`;

const BEFORE_LOCAL = `
  import { createTensor, Transformer } from '@marserve/handlers';
  ${STAGES}
  export default class Digits extends Transformer {
    preprocess({ instances }) {
      return { inputs: { x: toTensor(instances[0]) } };
    }
    postprocess({ outputs }) {
      return named(outputs.y.data);
    }
  }
`;

const PLAIN = `
  import { Transformer } from '@marserve/handlers';
  export default class Plain extends Transformer {}
`;

const CONNECTIONS = 64;
const BATCH = { batch_size: 32 };

/** The stages and the model in one handler. */
export async function startDigitsAlone(bench: Bench): Promise<Probe> {
  await bench.once('archive digits-alone', async () => {
    const handler = await bench.file('digits-alone.ts', () => Buffer.from(ALONE));
    await addArchive(bench.store, {
      modelName: 'digits-alone',
      handler,
      serializedFile: await bench.modelFile('small'),
      configFile: await bench.modelConfig('small'),
    });
  });
  const daemon = await startDaemon(bench);
  await daemon.register('digits-alone', BATCH);
  return loadOfDigits(bench, daemon, 'digits-alone');
}

/** The same stages in front of a model of the same server. */
export async function startDigitsLocal(bench: Bench): Promise<Probe> {
  const config = 'predictor_host: local:small\npredictor_protocol: v2\n';
  await addTransformer(bench, { name: 'digits-local', source: BEFORE_LOCAL, config });
  const daemon = await serve(bench, 'small', BATCH);
  await daemon.register('digits-local', BATCH);
  return loadOfDigits(bench, daemon, 'digits-local');
}

async function loadOfDigits(bench: Bench, { inference }: Daemon, name: string): Promise<Probe> {
  const question = { model: 'small', body: 'json' } as const;
  const url = `${inference}/predictions/${name}`;
  const body = await bodyOf(bench, 'small', 'json');
  checkAnswer(await expectedAnswer(bench, question), await sendBody(url, body));
  return (seconds) => runLoad({ ...body, url, connections: CONNECTIONS, seconds });
}

/** Bare `node:http` that passes everything on to the predictor. */
export async function startBareProxy(bench: Bench, options: OipOptions): Promise<Probe> {
  const { inference } = await serve(bench, options.model, BATCH);
  const child = startChild('limits/bare-proxy-process.js', [inference]);
  bench.defer(() => child.close());
  const { port } = await child.ask<{ port: number }>({});
  return loadOfInfer(bench, `http://127.0.0.1:${port}/v2/models/${options.model}/infer`, options);
}

/** A transformer without stages, on a server of its own. */
export async function startRemote(bench: Bench, options: OipOptions, protocol: 'v2' | 'grpc-v2'): Promise<Probe> {
  const { model } = options;
  const predictor = await startPredictor(bench, model);
  const { host } = new URL(protocol === 'v2' ? predictor.inference : predictor.grpc);
  const name = `remote-${protocol}`;
  const config = `predictor_host: "${host}"\npredictor_protocol: ${protocol}\npredictor_model_name: ${model}\n`;
  await addTransformer(bench, { name, source: PLAIN, config });
  const daemon = await startDaemon(bench);
  await daemon.register(name, BATCH);
  return loadOfInfer(bench, `${daemon.inference}/v2/models/${name}/infer`, options);
}

async function startPredictor(bench: Bench, model: OipOptions['model']) {
  const [grpc = ''] = await freePorts(1);
  await bench.archive(model);
  const daemon = await startDaemon(bench, { grpc_inference_port: new URL(grpc).port });
  await daemon.register(model, BATCH);
  return { inference: daemon.inference, grpc };
}

async function loadOfInfer(bench: Bench, url: string, { model, connections }: OipOptions): Promise<Probe> {
  const load = await oipBody(bench, model);
  await checkOip(bench, model, url);
  return (seconds) => runLoad({ ...load, url, connections, seconds });
}

interface TransformerArchive {
  readonly name: string;
  readonly source: string;
  readonly config: string;
}

async function addTransformer(bench: Bench, { name, source, config }: TransformerArchive): Promise<void> {
  const handler = await bench.file(`${name}.ts`, () => Buffer.from(source));
  // Ports are others each time.
  const configFile = path.join(await bench.folder(), 'config.yaml');
  await writeFile(configFile, config);
  await addArchive(bench.store, { modelName: name, handler, configFile, force: true });
}
