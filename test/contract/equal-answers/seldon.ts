/** The adapters of Seldon: JSON over REST, and TensorFlow's tensors, the one form of protobuf that has integers of 64 bits, over gRPC. */
import type { Daemon } from '../../helpers/daemon.ts';
import { call, createGrpcClient } from '../../helpers/grpc-client.ts';
import { send } from '../../helpers/http.ts';
import { seldonService } from '../../helpers/seldon.ts';
import type { Adapter, Adapters, Answers, Question } from './adapters.ts';
import { bytesOf, bytesOfJson, jsonOf, rowsOf, shapeOf, valueOf, type Table, type TableType } from './table.ts';

const DTYPES: Readonly<Record<TableType, string>> = {
  BOOL: 'DT_BOOL',
  INT8: 'DT_INT8',
  UINT16: 'DT_UINT16',
  INT32: 'DT_INT32',
  INT64: 'DT_INT64',
  UINT64: 'DT_UINT64',
  FP32: 'DT_FLOAT',
  FP64: 'DT_DOUBLE',
  BYTES: 'DT_STRING',
};

export function createSeldonAdapters({ inference, grpcInference }: Daemon): Adapters {
  const client = createGrpcClient(grpcInference, seldonService('Seldon'));
  const grpc: Adapter = async (question) => {
    const metadata = { seldon: question.model, namespace: 'ns' };
    const answer = await call<MessageOfGrpc>(client, 'Predict', messageOf(question), { metadata });
    return answersOf(question, answer);
  };
  return {
    byName: { 'Seldon ndarray': (question) => askRest(inference, question), 'Seldon gRPC tftensor': grpc },
    close: () => client.close(),
  };
}

/** One input is data, several are JSON by their names. */
async function askRest(inference: string, question: Question): Promise<Answers> {
  const lists = Object.entries(question.inputs).map(([name, table]) => [name, rowsOf(table)] as const);
  const [only, ...others] = lists;
  const isOne = only !== undefined && others.length === 0;
  const body = jsonOf(isOne ? { data: { ndarray: only[1] } } : { jsonData: Object.fromEntries(lists) });
  const url = `${inference}/seldon/ns/${question.model}/api/v1.0/predictions`;
  const { status, text } = await send(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  });
  if (status !== 200) throw new Error(`${url} answered ${status}: ${text}`);
  const { data, jsonData } = valueOf(text) as { data?: { ndarray: unknown }; jsonData?: Record<string, unknown> };
  return bytesByName(question, data === undefined ? (jsonData ?? {}) : { [onlyOutput(question)]: data.ndarray });
}

const onlyOutput = ({ outputs }: Question) => Object.keys(outputs)[0] ?? '';

function bytesByName({ outputs }: Question, values: Readonly<Record<string, unknown>>): Answers {
  return Object.fromEntries(Object.entries(outputs).map(([name, type]) => [name, bytesOfJson(type, values[name])]));
}

/** A google.protobuf.Value, as the loader has it. */
interface GrpcValue {
  readonly kind: string;
  readonly [field: string]: unknown;
}

interface MessageOfGrpc {
  readonly data: null | {
    readonly ndarray: null | { readonly values: readonly GrpcValue[] };
    readonly tftensor: null | { readonly dtype: string; readonly tensor_content: Buffer };
  };
  readonly jsonData: null | GrpcValue;
}

function messageOf({ inputs }: Question): object {
  const [only, ...others] = Object.values(inputs);
  if (only !== undefined && others.length === 0) return { data: { tftensor: tensorOf(only) } };
  const fields = Object.entries(inputs).map(([name, table]) => [name, grpcValue(rowsOf(table))]);
  return { jsonData: { structValue: { fields: Object.fromEntries(fields) as object } } };
}

function tensorOf(table: Table): object {
  const content =
    table.type === 'BYTES'
      ? { string_val: table.values.map((text) => Buffer.from(String(text))) }
      : { tensor_content: bytesOf(table) };
  return { dtype: DTYPES[table.type], tensor_shape: { dim: shapeOf(table).map((size) => ({ size })) }, ...content };
}

function grpcValue(value: unknown): object {
  if (Array.isArray(value)) return { listValue: { values: value.map(grpcValue) } };
  return { numberValue: Number(value) };
}

/** What is no number is a list in Seldon's protocol. @throws Error for a tensor of another type than the output's */
function answersOf(question: Question, { data, jsonData }: MessageOfGrpc): Answers {
  const name = onlyOutput(question);
  const type = question.outputs[name] ?? 'BYTES';
  if (jsonData?.kind === 'structValue') return bytesByName(question, plain(jsonData) as Record<string, unknown>);
  if (data?.ndarray) return { [name]: bytesOfJson(type, data.ndarray.values.map(plain)) };
  const { dtype, tensor_content: bytes = Buffer.alloc(0) } = data?.tftensor ?? {};
  if (dtype !== DTYPES[type]) throw new Error(`the answer is ${dtype}, expected ${DTYPES[type]}`);
  return { [name]: bytes };
}

function plain({ kind, ...fields }: GrpcValue): unknown {
  const value = fields[kind];
  if (kind === 'listValue') return (value as { values: GrpcValue[] }).values.map(plain);
  if (kind !== 'structValue') return value;
  const { fields: entries } = value as { fields: Record<string, GrpcValue> };
  return Object.fromEntries(Object.entries(entries).map(([name, each]) => [name, plain(each)]));
}
