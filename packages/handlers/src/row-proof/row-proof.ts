/** Whether the graph of a model shows that the rows of its inputs never touch each other. */
import type { GraphValue, OnnxModel } from '../onnx/graph.ts';
import type { GraphNode } from '../onnx/graph-node.ts';
import { isRowsFirst, traceOutputs } from './trace.ts';
import { isSame, MAX_RANK, type Traced } from './traced.ts';

/**
 * `proven`: each row of every output comes from the same row of the inputs alone. `mixes`: shown, or to be feared, to be
 * otherwise, in a way that trials may not bring to light. `unknown`: the graph cannot tell.
 */
export type RowProof = { readonly outputs: ReadonlyMap<string, boolean> } & (
  | { readonly verdict: 'proven' }
  | {
      readonly verdict: 'mixes' | 'unknown';
      /** What is in the way, such as `DynamicQuantizeLinear "embed"`. */
      readonly reason: string;
    }
);

/** `outputs` says of each output whether its first axis is that of the rows; those are missing for which nobody can tell. */
export function proveRows(model: OnnxModel): RowProof {
  const { graph } = model;
  const traced = traceOutputs(model);
  const names = graph.outputs.map(({ name }) => name);
  const outputs = new Map<string, boolean>();
  traced.forEach((output, index) => {
    if (output.shape !== undefined) outputs.set(names[index] ?? '', isRowsFirst(output));
  });
  const fixed = graph.inputs.find(({ name, dims }) => !graph.initializers.has(name) && !hasBatch(dims));
  if (fixed !== undefined) return { outputs, verdict: 'mixes', reason: fixedReason(fixed) };
  const doubts = traced.flatMap((output, index) => doubtOf(output, names[index] ?? '') ?? []);
  const [worst] = [...doubts].sort((a, b) => Number(b.verdict === 'mixes') - Number(a.verdict === 'mixes'));
  return { outputs, ...(worst ?? { verdict: 'proven' }) };
}

function hasBatch(dims: readonly (number | string)[] = []): boolean {
  const [first] = dims;
  return dims.length <= MAX_RANK && (typeof first === 'string' || (first !== undefined && first < 0));
}

function fixedReason({ name, dims = [] }: GraphValue): string {
  const [first] = dims;
  if (first === undefined) return `input "${name}" has no batch axis`;
  if (dims.length > MAX_RANK) return `input "${name}" has too many axes`;
  return `the batch of input "${name}" is fixed at ${first}`;
}

function doubtOf(output: Traced, name: string): { verdict: 'mixes' | 'unknown'; reason: string } | undefined {
  const { taint } = output;
  if (taint !== undefined) return { verdict: taint.doubt, reason: describeNode(taint.node) };
  if (isRowsFirst(output)) return undefined;
  const what = isSame(output) ? 'is the same for all rows' : 'does not have the batch as its first axis';
  return { verdict: 'mixes', reason: `output "${name}" ${what}` };
}

function describeNode({ op, name, outputs }: GraphNode): string {
  return `${op} ${JSON.stringify(name === '' ? (outputs.find((output) => output !== '') ?? '') : name)}`;
}
