/** What a graph is made of, as text. */
import type { Step } from '@marserve/handlers/graph';
import { renderTable } from './table.ts';

/** A row for each step, those in it below and further to the right. */
export function renderGraph(graph: Step): string {
  return renderTable(['step', 'runs', 'notes'], rowsOf(graph, { name: graph.name, depth: 0 }));
}

interface Place {
  /** The step's, or that of its branch. */
  readonly name: string;
  readonly depth: number;
  /** How it came to be there. */
  readonly note?: string;
}

function rowsOf(step: Step, { name, depth, note }: Place): string[][] {
  const parts = partsOf(step).flatMap((part) => rowsOf(part.step, { ...part, depth: depth + 1 }));
  const { fallback } = step;
  const instead =
    fallback === undefined ? [] : rowsOf(fallback, { name: fallback.name, depth: depth + 1, note: 'fallback' });
  return [[`${'  '.repeat(depth)}${name}`, whatRuns(step), notesOf(step, note)], ...parts, ...instead];
}

function whatRuns(step: Step): string {
  switch (step.kind) {
    case 'node':
      return step.host.replace(/^local:/, 'model ') + remoteModel(step.predictor);
    case 'module':
      return `module ${step.module.handler}`;
    case 'parallel':
      return `parallel, ${typeof step.combine === 'string' ? step.combine : `module ${step.combine.handler}`}`;
    case 'router':
      return `router, ${step.policy.module === undefined ? step.policyName : `module ${step.policy.module.handler}`}`;
    case 'sequence':
    case 'switch':
      return step.kind;
  }
}

function remoteModel(predictor: Readonly<Record<string, unknown>>): string {
  const { predictor_protocol: protocol, predictor_model_name: model } = predictor;
  return [protocol, model].map((each) => (typeof each === 'string' ? `, ${each}` : '')).join('');
}

function notesOf({ isSoft, timeoutMs, retries }: Step, note: string | undefined): string {
  const notes = [
    note,
    isSoft ? 'soft' : undefined,
    timeoutMs < Infinity ? `at most ${timeoutMs} ms` : undefined,
    retries > 0 ? `${retries} retries` : undefined,
  ];
  return notes.filter((each) => each !== undefined).join(', ');
}

function partsOf(step: Step): readonly { readonly name: string; readonly step: Step; readonly note?: string }[] {
  switch (step.kind) {
    case 'node':
    case 'module':
      return [];
    case 'sequence':
      return step.steps.map((part) => ({ name: part.name, step: part }));
    case 'parallel':
      return Object.entries(step.branches).map(([name, part]) => ({ name, step: part }));
    case 'router':
      return Object.entries(step.arms).map(([name, part]) => ({ name, step: part, note: 'arm' }));
    case 'switch': {
      const cases = step.cases.map(({ step: part, text }) => ({ name: part.name, step: part, note: `if ${text}` }));
      const { otherwise } = step;
      return otherwise === undefined ? cases : [...cases, { name: otherwise.name, step: otherwise, note: 'otherwise' }];
    }
  }
}
