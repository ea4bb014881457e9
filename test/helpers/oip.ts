/** Requests of the Open Inference Protocol. */
import { sendJson, type Answer } from './http.ts';

const FP32 = { datatype: 'FP32', shape: [1, 2] };

/** What `sumAndDifferenceModel` takes. */
export const SUM_INPUTS = [
  { name: 'a', ...FP32, data: [1, 2] },
  { name: 'b', ...FP32, data: [[3, 4]] },
] as const;

/** @param model its URL, up to `/infer` */
export function infer(model: string, request: unknown): Promise<Answer> {
  return sendJson(`${model}/infer`, request);
}

export interface BinaryRequest {
  /** None for a request that is bytes alone. */
  readonly json?: unknown;
  readonly bytes: Uint8Array;
  /** Length of the JSON that is told; by default the right one. */
  readonly length?: string | undefined;
}

export interface BinaryAnswer {
  readonly status: number;
  readonly contentType: string | null;
  readonly json: Readonly<Record<string, unknown>>;
  /** What came behind the JSON. */
  readonly binary: Buffer;
}

/** Sends JSON and bytes behind it. */
export async function inferBinary(model: string, { json, bytes, length }: BinaryRequest): Promise<BinaryAnswer> {
  const text = Buffer.from(json === undefined ? '' : JSON.stringify(json));
  const response = await fetch(`${model}/infer`, {
    method: 'POST',
    headers: { 'inference-header-content-length': length ?? String(text.length) },
    body: Buffer.concat([text, bytes]),
  });
  const body = Buffer.from(await response.arrayBuffer());
  const jsonBytes = Number(response.headers.get('inference-header-content-length') ?? body.length);
  return {
    status: response.status,
    contentType: response.headers.get('content-type'),
    json: JSON.parse(body.subarray(0, jsonBytes).toString()) as Record<string, unknown>,
    binary: body.subarray(jsonBytes),
  };
}
