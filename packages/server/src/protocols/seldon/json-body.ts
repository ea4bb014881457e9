/** Bodies of KServe's protocols as `jsonData`: they are answered as these protocols would, in a message again (protocols.md 10.4). */
import type { Row, RowResult } from '@marserve/handlers';
import { NOTHING_SET } from '@marserve/handlers/context';
import { parseJson, stringifyJson } from '@marserve/handlers/json';
import type { Codec, CodecModel } from '../codec.ts';
import { isRecord } from '../is-record.ts';

/** Codecs that read such bodies. */
export interface JsonBodyCodecs {
  /** Of `{"instances": […]}`. */
  readonly instances?: Codec;
  /** Of `{"inputs": [{name, shape, datatype, data}, …]}`. */
  readonly tensors?: Codec;
}

/** A body, read. */
export interface JsonBody {
  /** What the handler gets. */
  readonly rows: Row[];
  /** See `DecodedRequest`. */
  readonly keepsTensors: boolean;
  /** The body that answers. @throws Error for results that cannot be sent */
  readonly answer: (results: readonly RowResult[]) => unknown;
}

/** Undefined for a message without such a body. @throws PredictionError 400 for one that its protocol refuses */
export function readJsonBody(message: unknown, model: CodecModel, codecs: JsonBodyCodecs): JsonBody | undefined {
  const { jsonData } = isRecord(message) ? message : {};
  const codec = isRecord(jsonData) ? codecOf(jsonData, model, codecs) : undefined;
  if (codec === undefined) return undefined;
  const bytes = Buffer.from(stringifyJson(jsonData));
  const inputs = [{ name: 'body', contentType: 'application/json', bytes }];
  const { rows, keepsTensors = false, reply } = codec.decode({ operation: 'predict', headers: [], inputs }, model);
  return {
    rows,
    keepsTensors,
    answer(results) {
      const overrides = results.map(() => NOTHING_SET);
      return parseJson(codec.encode({ results, overrides, reply }, model).body);
    },
  };
}

/** A model may have inputs of these names itself. */
function codecOf(
  { instances, inputs }: Readonly<Record<string, unknown>>,
  { signature }: CodecModel,
  codecs: JsonBodyCodecs,
): Codec | undefined {
  if (signature.inputs.some(({ name }) => name === 'instances' || name === 'inputs')) return undefined;
  if (Array.isArray(instances)) return codecs.instances;
  return Array.isArray(inputs) && inputs.length > 0 && inputs.every(isTensor) ? codecs.tensors : undefined;
}

function isTensor(input: unknown): boolean {
  return isRecord(input) && ['name', 'shape', 'datatype', 'data'].every((key) => Object.hasOwn(input, key));
}
