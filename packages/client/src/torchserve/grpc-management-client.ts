/** TorchServe's management API over gRPC (torchserve.md 6.2). */
import type { CallOptions, ClientOptions, ModelRef } from '../client-options.ts';
import { GrpcCalls } from '../grpc/grpc-calls.ts';
import { isRecord } from '../json/is-record.ts';
import { parseJson } from '../json/parse-json.ts';
import { integerField, readFields, textField, textIn } from '../protobuf/fields.ts';
import { modelOf } from '../rest/model-path.ts';
import { concatBytes } from '../tensor/tensor-bytes.ts';
import type { ListedModel, ManagementClient, ModelDescription } from './management-client.ts';
import type { QueryValue } from './query.ts';

/**
 * The same calls as over REST. Here 0 and an empty text stand for the server's default, and the server does not wait for
 * workers unless it is told to (`synchronous`).
 * @param hosts such as `127.0.0.1:7071`
 * @throws RangeError for what is no address
 */
export function createManagementGrpcClient(
  hosts: string | readonly string[],
  options: ClientOptions = {},
): ManagementClient {
  const calls = new GrpcCalls(hosts, options);
  const tell = async (method: string, message: Uint8Array<ArrayBuffer>, call?: CallOptions) =>
    calls.send({ path: PATH + method, message }, readStatus, call);
  return {
    list: (call) => listModels(calls, call),
    register: async (url, parameters = {}, call) =>
      tell('RegisterModel', writeParameters({ url, ...parameters }, REGISTER), call),
    describe: (model, call) =>
      calls.send({ path: `${PATH}DescribeModel`, message: writeModel(model) }, readVersions, call),
    scale: async (model, { ...parameters }, call) =>
      tell('ScaleWorker', concatBytes([writeModel(model), writeParameters(parameters, SCALE)]), call),
    setDefault: (name, version, call) => tell('SetDefault', writeModel({ name, version }), call),
    unregister: (model, call) => tell('UnregisterModel', writeModel(model), call),
    close: async () => calls.close(),
  };
}

const PATH = '/org.pytorch.serve.grpc.management.ManagementAPIsService/';
const PAGE_SIZE = 100;

/** Fields of RegisterModelRequest. */
const REGISTER = {
  batchSize: 1,
  handler: 2,
  initialWorkers: 3,
  maxBatchDelay: 4,
  modelName: 5,
  responseTimeout: 6,
  runtime: 7,
  synchronous: 8,
  url: 9,
  s3SseKms: 10,
  startupTimeout: 11,
} as const;

/** Fields of ScaleWorkerRequest. */
const SCALE = { maxWorker: 3, minWorker: 4, numberGpu: 5, synchronous: 6, timeout: 7 } as const;

/** Name and version are the first fields of all messages that have them. */
function writeModel(model: ModelRef): Uint8Array<ArrayBuffer> {
  const { name, version = '' } = modelOf(model);
  return concatBytes([...textField(1, name), ...textField(2, version)]);
}

/** @throws RangeError for a parameter that the message has no field for, or that it would not carry */
function writeParameters(
  parameters: Readonly<Record<string, QueryValue>>,
  fields: Readonly<Record<string, number>>,
): Uint8Array<ArrayBuffer> {
  return concatBytes(
    Object.entries(parameters).flatMap(([name, value]) => {
      if (value === undefined) return [];
      const number = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (number === undefined)
        throw new RangeError(`Over gRPC there is no ${name}: ${Object.keys(fields).join(', ')}`);
      if (value === 0) throw new RangeError(`${name}: over gRPC 0 stands for the default, use the REST API`);
      return typeof value === 'string' ? textField(number, value) : integerField(number, Number(value));
    }),
  );
}

/** ManagementResponse has the JSON of the REST API, or what it says as its status. */
const readText = (answer: Uint8Array) => textIn(readFields(answer), 1);

function readStatus(answer: Uint8Array): string {
  const text = readText(answer);
  if (!text.startsWith('{')) return text;
  const body = parseJson(text);
  return isRecord(body) && typeof body.status === 'string' ? body.status : text;
}

function readVersions(answer: Uint8Array): readonly ModelDescription[] {
  const versions = parseJson(readText(answer));
  if (Array.isArray(versions) && versions.every(isRecord)) return versions as unknown as ModelDescription[];
  throw new RangeError('expected a list of versions');
}

async function* listModels(calls: GrpcCalls, call?: CallOptions): AsyncGenerator<ListedModel, void> {
  let page = 0;
  do {
    const message = concatBytes([...integerField(1, PAGE_SIZE), ...integerField(2, page)]);
    const { models, nextPageToken } = await calls.send({ path: `${PATH}ListModels`, message }, readPage, call);
    yield* models;
    page = nextPageToken;
  } while (page > 0);
}

function readPage(answer: Uint8Array): { readonly models: readonly ListedModel[]; readonly nextPageToken: number } {
  const body = parseJson(readText(answer));
  if (!isRecord(body) || !Array.isArray(body.models)) throw new RangeError('expected a list "models"');
  return { models: body.models as ListedModel[], nextPageToken: Number(body.nextPageToken ?? 0) };
}
