/** How a question is asked in each protocol, and its answer is read: a new protocol is one more adapter. */
import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { Daemon } from '../../helpers/daemon.ts';
import { call, inferenceClient, oipClient, type GrpcClient } from '../../helpers/grpc-client.ts';
import { send } from '../../helpers/http.ts';
import { inferBinary } from '../../helpers/oip.ts';
import { inferGrpc, type InferResponse } from '../../helpers/oip-grpc.ts';
import { createOnnxruntimeServerAdapters } from './onnxruntime-server.ts';
import { createSeldonAdapters } from './seldon.ts';
import {
  bareJsonOf,
  bytesOf,
  bytesOfJson,
  jsonOf,
  rowsOf,
  shapeOf,
  valueOf,
  type Table,
  type TableType,
} from './table.ts';

export interface Question {
  readonly model: string;
  /** By name, in the model's order. */
  readonly inputs: Readonly<Record<string, Table>>;
  /** The datatypes of the model's outputs by their names, in its order. */
  readonly outputs: Readonly<Record<string, TableType>>;
}

/** The bytes of the outputs by their names. */
export type Answers = Readonly<Record<string, Buffer>>;

/** Asks, and gives the answer. @throws Error for a refusal */
export type Adapter = (question: Question) => Promise<Answers>;

export interface Adapters {
  readonly byName: Readonly<Record<string, Adapter>>;
  readonly close: () => void;
}

/** Where each model has a route of its own, by its name. */
export const ROUTES = '/ask';

export function createAdapters(daemon: Daemon): Adapters {
  const torchserve = inferenceClient(daemon.grpcInference);
  const oip = oipClient(daemon.grpcInference);
  const onnxruntimeServer = createOnnxruntimeServerAdapters(daemon);
  const seldon = createSeldonAdapters(daemon);
  return {
    byName: {
      'TorchServe REST': (question) => askTorchserve(daemon, question, '/predictions'),
      'handler-routes': (question) => askTorchserve(daemon, question, ROUTES),
      'TorchServe gRPC': (question) => askTorchserveGrpc(torchserve, question),
      'V1 instances': (question) => askV1(daemon, question, { instances: instancesOf(question) }),
      'V1 columns': (question) => askV1(daemon, question, { inputs: mapped(question.inputs, rowsOf) }),
      'OIP JSON': (question) => askOipJson(daemon, question),
      'OIP binary': (question) => askOipBinary(daemon, question),
      'OIP gRPC raw': async (question) => rawOutputs(await inferGrpc(oip, rawRequest(question))),
      'OIP gRPC typed': async (question) => typedOutputs(question, await inferGrpc(oip, typedRequest(question))),
      'OIP gRPC stream': async (question) => rawOutputs(await askStream(oip, rawRequest(question))),
      ...onnxruntimeServer.byName,
      'kibae JSON': (question) => askKibae(daemon, question),
      ...seldon.byName,
    },
    close: () => [torchserve, oip, onnxruntimeServer, seldon].forEach((client) => client.close()),
  };
}

/** One output is its value alone, several are an object. */
function namedOutputs({ outputs }: Question, value: unknown): Answers {
  const [only, ...others] = Object.keys(outputs);
  const named = only !== undefined && others.length === 0 ? { [only]: value } : (value as Record<string, unknown>);
  return Object.fromEntries(Object.entries(outputs).map(([name, type]) => [name, bytesOfJson(type, named[name])]));
}

async function sendBody(url: string, body: string): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const { status, text } = await send(url, { method: 'POST', body, headers });
  if (status !== 200) throw new Error(`${url} answered ${status}: ${text}`);
  return valueOf(text);
}

async function askTorchserve({ inference }: Daemon, question: Question, path: string): Promise<Answers> {
  const body = jsonOf(mapped(question.inputs, rowsOf));
  return namedOutputs(question, await sendBody(`${inference}${path}/${question.model}`, body));
}

/** The values of inputs have no content type: several are the bytes of tensors, one alone may be JSON. */
async function askTorchserveGrpc(client: GrpcClient, question: Question): Promise<Answers> {
  const [only, ...others] = tablesOf(question);
  const input =
    only !== undefined && others.length === 0
      ? { body: Buffer.from(jsonOf(rowsOf(only))) }
      : mapped(question.inputs, bytesOf);
  const request = { model_name: question.model, input };
  const { prediction } = await call<{ prediction: Buffer }>(client, 'Predictions', request);
  return namedOutputs(question, valueOf(String(prediction)));
}

async function askKibae({ inference }: Daemon, { model, inputs, outputs: types }: Question): Promise<Answers> {
  const answer = await sendBody(`${inference}/api/sessions/${model}/1.0`, jsonOf(mapped(inputs, rowsOf)));
  return mapped(types, (type, name) => bytesOfJson(type, (answer as Record<string, unknown>)[name]));
}

function instancesOf({ inputs }: Question): Record<string, unknown>[] {
  const [first] = Object.values(inputs);
  if (first === undefined) return [];
  return rowsOf(first).map((_, row) => mapped(inputs, (table) => rowsOf(table)[row]));
}

/** Each row is a prediction. */
async function askV1({ inference }: Daemon, question: Question, body: unknown): Promise<Answers> {
  const answer = await sendBody(`${inference}/v1/models/${question.model}:predict`, jsonOf(body));
  const { predictions } = answer as { predictions: unknown[] };
  const rows = predictions.map((prediction) => namedOutputs(question, prediction));
  return mapped(question.outputs, (_, name) => Buffer.concat(rows.map((row) => row[name] ?? Buffer.alloc(0))));
}

const heads = ({ inputs }: Question) =>
  Object.entries(inputs).map(([name, table]) => ({ name, datatype: table.type, shape: shapeOf(table) }));
const tablesOf = ({ inputs }: Question) => Object.values(inputs);

async function askOipJson({ inference }: Daemon, question: Question): Promise<Answers> {
  const tables = tablesOf(question);
  const inputs = heads(question).map((head, index) => ({ ...head, data: tables[index]?.values }));
  const answer = await sendBody(`${inference}/v2/models/${question.model}/infer`, bareJsonOf({ inputs }));
  const { outputs } = answer as { outputs: { name: string; datatype: TableType; data: unknown }[] };
  return Object.fromEntries(outputs.map(({ name, datatype, data }) => [name, bytesOfJson(datatype, data)]));
}

async function askOipBinary({ inference }: Daemon, question: Question): Promise<Answers> {
  const chunks = tablesOf(question).map(bytesOf);
  const inputs = heads(question).map((head, index) => ({
    ...head,
    parameters: { binary_data_size: chunks[index]?.length },
  }));
  const json = { inputs, parameters: { binary_data_output: true } };
  const answer = await inferBinary(`${inference}/v2/models/${question.model}`, { json, bytes: Buffer.concat(chunks) });
  if (answer.status !== 200) throw new Error(`OIP binary answered ${answer.status}: ${JSON.stringify(answer.json)}`);
  const outputs = answer.json.outputs as { name: string; parameters: { binary_data_size: number } }[];
  let offset = 0;
  return Object.fromEntries(
    outputs.map(({ name, parameters: { binary_data_size: size } }) => {
      offset += size;
      return [name, answer.binary.subarray(offset - size, offset)];
    }),
  );
}

const rawRequest = (question: Question) => ({
  model_name: question.model,
  inputs: heads(question),
  raw_input_contents: tablesOf(question).map(bytesOf),
});

function rawOutputs({ outputs, raw_output_contents: raws }: InferResponse): Answers {
  return Object.fromEntries(outputs.map(({ name }, index) => [name, raws[index] ?? Buffer.alloc(0)]));
}

const FIELDS: Readonly<Record<TableType, string>> = {
  BOOL: 'bool_contents',
  INT8: 'int_contents',
  INT32: 'int_contents',
  UINT16: 'uint_contents',
  INT64: 'int64_contents',
  UINT64: 'uint64_contents',
  FP32: 'fp32_contents',
  FP64: 'fp64_contents',
  BYTES: 'bytes_contents',
};

/** The loader takes integers of 64 bits as texts. */
function typedRequest(question: Question) {
  const contents = tablesOf(question).map(({ type, values }) => {
    const isFloat = type === 'FP32' || type === 'FP64';
    const isText = type === 'BYTES' || type === 'INT64' || type === 'UINT64';
    const plain = values.map((value) => (isFloat ? Number(value) : isText ? String(value) : value));
    return { [FIELDS[type]]: type === 'BYTES' ? plain.map((text) => Buffer.from(String(text))) : plain };
  });
  const inputs = heads(question).map((head, index) => ({ ...head, contents: contents[index] }));
  return { model_name: question.model, inputs };
}

/** @throws Error when the typed outputs are not the raw ones */
function typedOutputs({ outputs: types }: Question, response: InferResponse): Answers {
  const raws = rawOutputs(response);
  for (const { name, contents } of response.outputs) {
    const type = types[name] ?? 'BYTES';
    const values = contents?.[FIELDS[type]] ?? [];
    const bytes = bytesOfJson(
      type,
      values.map((value) => (Buffer.isBuffer(value) ? String(value) : value)),
    );
    if (!bytes.equals(raws[name] ?? Buffer.alloc(0))) throw new Error(`"${name}" is not the same typed and raw`);
  }
  return raws;
}

async function askStream(client: GrpcClient, request: object): Promise<InferResponse> {
  interface StreamResponse {
    readonly error_message: string;
    readonly infer_response: InferResponse;
  }
  const stream = client.ModelStreamInfer?.() as ClientDuplexStream<object, StreamResponse>;
  stream.end(request);
  const [answer, ...others] = (await stream.toArray()) as StreamResponse[];
  if (answer === undefined || others.length > 0 || answer.error_message !== '') {
    throw new Error(`the stream answered ${JSON.stringify([answer, ...others])}`);
  }
  return answer.infer_response;
}

function mapped<T, U>(record: Readonly<Record<string, T>>, map: (value: T, name: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));
}
