/** Reads the spec of a TorchServe workflow (torchserve.md 8.2). */
import { messageOf } from '../format/archive-error.ts';
import { isFunctionName } from '../model-config/function-name.ts';
import { parseNamedYaml } from '../model-config/parse-named-yaml.ts';
import { nodeOrder, type Parents } from './node-order.ts';
import { specError, specSentences, WorkflowSpecError, type SpecProblem, type SpecText } from './spec-error.ts';
import { readSections, type SpecSections } from './spec-schema.ts';
import { settingsOf } from './workflow-settings.ts';
import type { WorkflowNode, WorkflowSpec } from './workflow-spec.ts';

/** Most nodes of a workflow; each model has workers of its own. */
const MOST_NODES = 100;

/**
 * @param text YAML, with the sections `models` and `dag`; who read it has bounded its length
 * @param file as messages name it
 * @throws WorkflowSpecError with a line for each problem: file, line and column, what was expected and what came
 */
export function readWorkflowSpec(text: string, file: string): WorkflowSpec {
  const source = { file, text };
  const sections = readSections(parsed(source));
  if ('length' in sections) throw specError(source, sections);
  const parents = parentsOf(sections.dag);
  const order = checkedOrder(source, parents);
  const problems = order.flatMap((name) => functionProblem(name, sections));
  if (problems.length > 0) throw specError(source, problems);
  const hasChildren = new Set([...parents.values()].flat());
  return {
    start: order[0] ?? '',
    leaves: order.filter((name) => !hasChildren.has(name)),
    nodes: order.map((name) => nodeOf(name, sections, parents)),
    edges: Object.fromEntries([...sections.dag].map(([name, after]) => [name, [...new Set(after)]])),
    defaults: settingsOf(sections.defaults),
    warnings: specSentences(source, oddities(sections, parents)),
  };
}

function parsed({ file, text }: SpecText): unknown {
  try {
    return parseNamedYaml(text, file);
  } catch (error) {
    throw new WorkflowSpecError(messageOf(error), { cause: error });
  }
}

function parentsOf(dag: SpecSections['dag']): Parents {
  const parents = new Map<string, string[]>([...dag.keys()].map((node) => [node, []]));
  for (const [node, after] of dag) {
    for (const child of new Set(after)) parents.set(child, [...(parents.get(child) ?? []), node]);
  }
  return parents;
}

function checkedOrder(source: SpecText, parents: Parents): readonly string[] {
  if (parents.size > MOST_NODES) {
    throw specError(source, [{ path: ['dag'], message: `expected ${MOST_NODES} nodes at most, came ${parents.size}` }]);
  }
  const found = nodeOrder(parents);
  if ('circle' in found) {
    const [first = ''] = found.circle;
    throw specError(source, [{ path: ['dag', first], message: `is in a circle: ${found.circle.join(' → ')}` }]);
  }
  const starts = found.order.filter((name) => parents.get(name)?.length === 0);
  if (starts.length === 1) return found.order;
  const came = starts.length === 0 ? 'no node' : `${starts.length} (${starts.join(', ')})`;
  const message = `expected one node that no other leads to, came ${came}`;
  throw specError(source, [{ path: starts.length === 0 ? ['dag'] : ['dag', starts[1] ?? ''], message }]);
}

function functionProblem(name: string, { models, dag }: SpecSections): SpecProblem[] {
  if (models.has(name) || isFunctionName(name)) return [];
  const message = `${name} is not under models, and cannot be the name of a function: letters, digits and "_"`;
  return [{ path: placeOf(name, dag), message }];
}

/** Where the node is named first. */
function placeOf(name: string, dag: SpecSections['dag']): readonly PropertyKey[] {
  if (dag.has(name)) return ['dag', name];
  const [parent = '', after = []] = [...dag].find(([, each]) => each.includes(name)) ?? [];
  return ['dag', parent, after.indexOf(name)];
}

function nodeOf(name: string, { models, defaults }: SpecSections, parents: Parents): WorkflowNode {
  const common = { name, parents: parents.get(name) ?? [] };
  const model = models.get(name);
  if (model !== undefined) {
    return { kind: 'model', ...common, url: model.url, settings: settingsOf({ ...defaults, ...model }) };
  }
  const { retryAttempts, timeoutMs } = settingsOf(defaults);
  const settings = {
    ...(retryAttempts !== undefined && { retryAttempts }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
  return { kind: 'function', ...common, settings };
}

function oddities({ models, dag }: SpecSections, parents: Parents): SpecProblem[] {
  const unused = [...models.keys()].filter((name) => !parents.has(name));
  const doubles = [...dag].flatMap(([node, after]) =>
    after.flatMap((child, index) => (after.indexOf(child) < index ? [{ node, child, index }] : [])),
  );
  return [
    ...unused.map((name) => ({ path: ['models', name], message: 'is not in dag, and is not served' })),
    ...doubles.map(({ node, child, index }) => ({ path: ['dag', node, index], message: `names ${child} again` })),
  ];
}
