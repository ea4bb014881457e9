/** A workflow as its spec has it, checked. */
import type { WorkflowSettings } from './workflow-settings.ts';

/** A workflow: nodes that pass each other what they made, from one start to its leaves. */
export interface WorkflowSpec {
  /** The only node without parents: it gets the request. */
  readonly start: string;
  /** The nodes that nothing comes after, in the order of `nodes`: what they give is the answer. */
  readonly leaves: readonly string[];
  /** Each after all of its parents; the start is the first one. */
  readonly nodes: readonly WorkflowNode[];
  /** The section `dag` as it was written: node → those that get what it gives, each once. */
  readonly edges: Readonly<Record<string, readonly string[]>>;
  /** What holds for all models, as far as the spec says it. */
  readonly defaults: Partial<WorkflowSettings>;
  /** What is odd but no error, a sentence each with file and line. */
  readonly warnings: readonly string[];
}

/** One node. */
export type WorkflowNode = WorkflowModel | WorkflowFunction;

/** A node that is a model. */
export interface WorkflowModel {
  readonly kind: 'model';
  /** In the workflow; letters, digits, `_`, `-`, `.`. */
  readonly name: string;
  /** Where its archive is: a file in the model store, or an address. */
  readonly url: string;
  /** Its own before `defaults`; what neither says is left out. */
  readonly settings: Partial<WorkflowSettings>;
  /** The nodes that it gets its input from, in the order of the spec. */
  readonly parents: readonly string[];
}

/** A node that is a function of the workflow's handler. */
export interface WorkflowFunction {
  readonly kind: 'function';
  /** In the workflow, and that of the function. */
  readonly name: string;
  /** Those that a function has. */
  readonly settings: Partial<Pick<WorkflowSettings, 'retryAttempts' | 'timeoutMs'>>;
  /** As of a model. */
  readonly parents: readonly string[];
}

/** The names of the functions that its handler must have. */
export function functionsOf({ nodes }: WorkflowSpec): string[] {
  return nodes.flatMap(({ kind, name }) => (kind === 'function' ? [name] : []));
}
