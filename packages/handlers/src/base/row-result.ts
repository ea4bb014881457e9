/** A row's outputs → what the client gets as JSON. */
import type { ModelSignature } from '../signature.ts';
import type { NamedTensors, Tensor } from '../tensor/tensor.ts';
import { tensorToJson } from '../tensor/tensor-json.ts';

type Labels = readonly (string | number)[];

/** Nested arrays of the only output, or an object of them by name; probabilities with labels as `{label: probability}`. */
export function rowResult(outputs: NamedTensors, signature: ModelSignature): unknown {
  const labels = new Map(signature.outputs.map((spec) => [spec.name, spec.labels]));
  const values = Object.entries(outputs).map(([name, tensor]): [string, unknown] => [
    name,
    toJson(tensor, labels.get(name)),
  ]);
  const [only] = values;
  return values.length === 1 && only !== undefined ? only[1] : Object.fromEntries(values);
}

function toJson(tensor: Tensor, labels: Labels | undefined): unknown {
  const json = tensorToJson(tensor);
  return labels === undefined || tensor.shape.at(-1) !== labels.length ? json : byLabel(json, labels);
}

function byLabel(json: unknown, labels: Labels): unknown {
  const [first] = json as unknown[];
  if (Array.isArray(first)) return (json as unknown[]).map((row) => byLabel(row, labels));
  return Object.fromEntries(labels.map((label, index) => [label, (json as unknown[])[index]]));
}
