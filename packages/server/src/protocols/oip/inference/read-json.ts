/** JSON with exact integers and with the bare tokens NaN, Infinity and -Infinity, which clients write for floats. */
import { parseJson } from '@marserve/handlers/json';
import { ANY, isFloatTensor, parseJsonWithFloats, type JsonPlace } from '@marserve/handlers/tensor-json';
import { badRequest } from '../../bad-request.ts';
import { isRecord } from '../../is-record.ts';

/** What is no string, and then one of the tokens; strings are matched to be left alone. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\bInfinity\b|\bNaN\b/g;

/** With tensors in place of lists of plain numbers that are the data of FP32. @throws PredictionError 400 for what is not JSON */
export function readInferJson(bytes: Buffer): unknown {
  const json = bytes.includes('FP32') ? parseJsonWithFloats(bytes, DATA) : undefined;
  return json !== undefined && isAllFloat(json) ? json : readJson(bytes);
}

const DATA: readonly JsonPlace[] = [['inputs', ANY, 'data']];

function isAllFloat(json: unknown): boolean {
  const inputs = (json as { readonly inputs?: unknown }).inputs;
  return (
    Array.isArray(inputs) &&
    inputs.every((input) => isRecord(input) && (input.datatype === 'FP32' || !isFloatTensor(input.data)))
  );
}

/** Those floats become strings, as tensors take them. @throws PredictionError 400 for what is not JSON */
export function readJson(bytes: Buffer): unknown {
  try {
    return parseJson(bytes);
  } catch (error) {
    if (!bytes.includes('NaN') && !bytes.includes('Infinity')) throw notJson(error);
  }
  try {
    return parseJson(bytes.toString('utf8').replace(TOKENS, quoted));
  } catch (error) {
    throw notJson(error);
  }
}

function quoted(token: string): string {
  return token.startsWith('"') ? token : `"${token}"`;
}

function notJson(error: unknown): Error {
  const reason = error instanceof SyntaxError ? error.message : 'it is nested too deep';
  return badRequest(`The request is not JSON: ${reason}`);
}
