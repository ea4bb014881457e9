/** The adapters of ONNX Runtime Server: protobuf and JSON over REST, and gRPC, each with raw and with typed elements. */
import type { Daemon } from '../../helpers/daemon.ts';
import { call, createGrpcClient } from '../../helpers/grpc-client.ts';
import { send } from '../../helpers/http.ts';
import {
  ONNXRUNTIME_SERVER,
  predictProtobuf,
  type PredictAnswer,
  type PredictMessage,
  type TensorMessage,
} from '../../helpers/onnxruntime-server.ts';
import type { Adapter, Adapters, Answers, Question } from './adapters.ts';
import { bytesOf, bytesOfJson, jsonOf, shapeOf, valueOf, type Table, type TableType } from './table.ts';

const TYPES: Readonly<Record<TableType, readonly [number: number, field: string, jsonField: string]>> = {
  BOOL: [9, 'int32_data', 'int32Data'],
  INT8: [3, 'int32_data', 'int32Data'],
  UINT16: [4, 'int32_data', 'int32Data'],
  INT32: [6, 'int32_data', 'int32Data'],
  INT64: [7, 'int64_data', 'int64Data'],
  UINT64: [13, 'uint64_data', 'uint64Data'],
  FP32: [1, 'float_data', 'floatData'],
  FP64: [11, 'double_data', 'doubleData'],
  BYTES: [8, 'string_data', 'stringData'],
};

export function createOnnxruntimeServerAdapters({ inference, grpcInference }: Daemon): Adapters {
  const client = createGrpcClient(grpcInference, ONNXRUNTIME_SERVER);
  const rest =
    (isRaw: boolean): Adapter =>
    async (question) => {
      const url = `${inference}/v1/models/${question.model}:predict`;
      return answersOf(question, await predictProtobuf(url, messageOf(question, isRaw)), isRaw);
    };
  const grpc =
    (isRaw: boolean): Adapter =>
    async (question) => {
      const metadata = { 'model-name': question.model };
      const answer = await call<PredictAnswer>(client, 'Predict', messageOf(question, isRaw), { metadata });
      return answersOf(question, answer, isRaw);
    };
  return {
    byName: {
      'onnxruntime-server protobuf raw': rest(true),
      'onnxruntime-server protobuf typed': rest(false),
      'onnxruntime-server gRPC raw': grpc(true),
      'onnxruntime-server gRPC typed': grpc(false),
      'onnxruntime-server JSON raw': (question) => askJson(inference, question, true),
      'onnxruntime-server JSON typed': (question) => askJson(inference, question, false),
    },
    close: () => client.close(),
  };
}

/** The loader takes integers of 64 bits as texts. */
function valuesOf({ type, values }: Table): unknown[] {
  if (type === 'BYTES') return values.map((text) => Buffer.from(String(text)));
  return values.map((value) => (typeof value === 'bigint' ? String(value) : Number(value)));
}

function tensorOf(table: Table, isRaw: boolean): TensorMessage {
  const [number, field] = TYPES[table.type];
  // Texts are never raw.
  const elements = isRaw && table.type !== 'BYTES' ? { raw_data: bytesOf(table) } : { [field]: valuesOf(table) };
  return { dims: shapeOf(table), data_type: number, ...elements };
}

function messageOf({ inputs }: Question, isRaw: boolean): PredictMessage {
  return {
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, table]) => [name, tensorOf(table, isRaw)])),
  };
}

/** @throws Error when elements are not where those of the request were */
function answersOf({ outputs: types }: Question, { outputs }: PredictAnswer, isRaw: boolean): Answers {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => {
      const type = types[name] ?? 'BYTES';
      if (isRaw && type !== 'BYTES') return [name, tensor.raw_data ?? Buffer.alloc(0)];
      const values = (tensor[TYPES[type][1]] ?? []) as unknown[];
      return [
        name,
        bytesOfJson(
          type,
          values.map((value) => (Buffer.isBuffer(value) ? String(value) : value)),
        ),
      ];
    }),
  );
}

async function askJson(
  inference: string,
  { model, inputs, outputs: types }: Question,
  isRaw: boolean,
): Promise<Answers> {
  const message = Object.entries(inputs).map(([name, table]) => [name, jsonTensor(table, isRaw)] as const);
  const { status, text } = await send(`${inference}/v1/models/${model}/versions/1.0:predict`, {
    method: 'POST',
    body: jsonOf({ inputs: Object.fromEntries(message) }),
    headers: { 'content-type': 'application/json', accept: 'application/json' },
  });
  if (status !== 200) throw new Error(`${model} answered ${status}: ${text}`);
  const { outputs } = valueOf(text) as { outputs: Record<string, Record<string, unknown>> };
  return Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => {
      const type = types[name] ?? 'BYTES';
      if (isRaw && type !== 'BYTES') return [name, Buffer.from(String(tensor.rawData), 'base64')];
      const values = (tensor[TYPES[type][2]] ?? []) as unknown[];
      return [name, bytesOfJson(type, type === 'BYTES' ? values.map(fromBase64) : values)];
    }),
  );
}

const fromBase64 = (text: unknown) => Buffer.from(String(text), 'base64').toString();

/** Of what JSON has no number for the names are texts; so are integers of 64 bits. */
function jsonTensor(table: Table, isRaw: boolean): Record<string, unknown> {
  const [number, , field] = TYPES[table.type];
  const head = { dims: shapeOf(table).map(String), dataType: number };
  if (isRaw && table.type !== 'BYTES') return { ...head, rawData: bytesOf(table).toString('base64') };
  const elements = table.values.map((value) => {
    if (table.type === 'BYTES') return Buffer.from(String(value)).toString('base64');
    if (typeof value === 'bigint') return String(value);
    return typeof value === 'boolean' ? Number(value) : value;
  });
  return { ...head, [field]: elements };
}
