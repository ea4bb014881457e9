/** Load of ModelInfer with raw tensors, after one answer was found to be right. */
import path from 'node:path';
import { Client, credentials } from '@grpc/grpc-js';
import { loadSync, type MethodDefinition } from '@grpc/proto-loader';
import type { Bench } from './bench.ts';
import { startChild } from './child.ts';
import { freePorts, startDaemon, type RegisterOptions } from './daemon.ts';
import { runGrpcLoad } from './h2load.ts';
import { send } from './http.ts';
import { MODELS, sampleRow, type ModelName } from './models/models.ts';
import { ROOT } from './paths.ts';
import { checkAnswer, expectedAnswer } from './prediction.ts';
import type { Probe } from './scenario.ts';

export interface GrpcOptions {
  readonly model: ModelName;
  readonly connections: number;
  /** On each connection. */
  readonly streams: number;
}

const METHOD = '/inference.GRPCInferenceService/ModelInfer';

interface Answer {
  readonly raw_output_contents: readonly Buffer[];
}

/** grpc-js alone, which takes the same messages and answers a constant. */
export async function startGrpcLimit(bench: Bench, options: GrpcOptions): Promise<Probe> {
  const child = startChild('limits/bare-grpc-process.js', [METHOD]);
  bench.defer(() => child.close());
  const { port } = await child.ask<{ port: number }>({});
  const body = await framedMessage(bench, options.model);
  return (seconds) => runGrpcLoad({ ...options, body, seconds, url: `http://127.0.0.1:${port}${METHOD}` });
}

/** Starts a daemon with one worker; what it resolves with measures it. @throws Error when it answers something else than the model */
export async function startGrpc(bench: Bench, options: GrpcOptions, register: RegisterOptions): Promise<Probe> {
  const { model } = options;
  const [address = ''] = await freePorts(1);
  await bench.archive(model);
  const daemon = await startDaemon(bench, { grpc_inference_port: new URL(address).port });
  await daemon.register(model, register);
  checkAnswer(await expectedAnswer(bench, { model, body: 'raw' }), await infer(address, model));
  const body = await framedMessage(bench, model);
  return async (seconds) => {
    const before = await failures(daemon.inference, model);
    const sample = await runGrpcLoad({ ...options, body, seconds, url: `${address}${METHOD}` });
    const failed = (await failures(daemon.inference, model)) - before;
    // Those that are under way at the end are given up.
    if (failed <= options.connections * options.streams) return sample;
    throw new Error(`${failed} calls failed; what is measured must work`);
  };
}

/** The sample, a batch of one row. */
function requestOf(model: ModelName): object {
  const row = sampleRow(MODELS[model]);
  const shape = [1, ...MODELS[model].inputShape];
  const inputs = [{ name: 'x', datatype: 'FP32', shape }];
  return { model_name: model, inputs, raw_input_contents: [new Uint8Array(row.buffer)] };
}

/** The message behind the five bytes that gRPC has before each. */
function framedMessage(bench: Bench, model: ModelName): Promise<string> {
  return bench.file(`${model}.grpc`, () => {
    const message = modelInfer().requestSerialize(requestOf(model));
    const frame = Buffer.alloc(5);
    frame.writeUInt32BE(message.length, 1);
    return Buffer.concat([frame, message]);
  });
}

async function infer(address: string, model: ModelName): Promise<number[]> {
  const { path: method, requestSerialize, responseDeserialize } = modelInfer();
  const client = new Client(new URL(address).host, credentials.createInsecure());
  try {
    const answer = await new Promise<Answer | undefined>((resolve, reject) => {
      client.makeUnaryRequest(method, requestSerialize, responseDeserialize, requestOf(model), (error, value) =>
        error === null ? resolve(value) : reject(error),
      );
    });
    const bytes = answer?.raw_output_contents[0] ?? Buffer.alloc(0);
    return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(4 * index));
  } finally {
    client.close();
  }
}

function modelInfer(): MethodDefinition<object, Answer> {
  const folder = path.join(ROOT, 'packages/server/proto');
  const loaded = loadSync(path.join(folder, 'oip/grpc_service.proto'), { keepCase: true, includeDirs: [folder] });
  const service = loaded['inference.GRPCInferenceService'] as unknown as Record<
    string,
    MethodDefinition<object, Answer>
  >;
  const method = service.ModelInfer;
  if (method === undefined) throw new Error('the protos have no ModelInfer');
  return method;
}

interface Statistics {
  readonly model_stats: readonly { readonly inference_stats: { readonly fail: { readonly count: number } } }[];
}

/** As the server counts them: a call that failed has the status 200 of HTTP as well. */
async function failures(inference: string, model: ModelName): Promise<number> {
  const { model_stats: stats } = JSON.parse(await send(`${inference}/v2/models/${model}/stats`)) as Statistics;
  return stats[0]?.inference_stats.fail.count ?? NaN;
}
