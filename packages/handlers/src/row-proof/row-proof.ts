/** Whether the graph of a model shows that the rows of its inputs never touch each other. */
import type { GraphValue, OnnxModel } from '../onnx/graph.ts';
import type { GraphNode } from '../onnx/graph-node.ts';
import { isRowsFirst, traceModel } from './trace.ts';
import { isSame, MAX_RANK, type Taint, type Traced } from './traced.ts';

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
  const { outputs: traced, taint } = traceModel(model);
  const names = graph.outputs.map(({ name }) => name);
  const outputs = new Map<string, boolean>();
  traced.forEach((output, index) => {
    if (output.shape !== undefined) outputs.set(names[index] ?? '', isRowsFirst(output));
  });
  const fixed = graph.inputs.find(({ name, dims }) => !graph.initializers.has(name) && !hasBatch(dims));
  if (fixed !== undefined) return { outputs, verdict: 'mixes', reason: fixedReason(fixed) };
  const doubts = [taint && tainted(taint), ...traced.map((output, index) => doubtOf(output, names[index] ?? ''))];
  const worst = doubts.find((doubt) => doubt?.verdict === 'mixes') ?? doubts.find((doubt) => doubt !== undefined);
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

interface Reason {
  readonly verdict: 'mixes' | 'unknown';
  readonly reason: string;
}

function tainted({ doubt, node }: Taint): Reason {
  return { verdict: doubt, reason: describeNode(node) };
}

/** Of an output that no taint has reached. */
function doubtOf(output: Traced, name: string): Reason | undefined {
  if (output.taint !== undefined || isRowsFirst(output)) return undefined;
  const what = isSame(output) ? 'is the same for all rows' : 'does not have the batch as its first axis';
  return { verdict: 'mixes', reason: `output "${name}" ${what}` };
}

function describeNode({ op, name, outputs }: GraphNode): string {
  return `${op} ${JSON.stringify(name === '' ? (outputs.find((output) => output !== '') ?? '') : name)}`;
}
