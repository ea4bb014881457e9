/** From the text of a file to the models that it asks for. */
import type { DeploymentPlan, PlannedModel, PlanOptions } from './plan.ts';
import { graph } from './kinds/graph.ts';
import { inferenceGraph } from './kinds/inference-graph.ts';
import { inferenceService } from './kinds/inference-service.ts';
import type { Kind } from './kinds/kind.ts';
import { seldonDeployment } from './kinds/seldon-deployment.ts';
import { trainedModel } from './kinds/trained-model.ts';
import { readSpecs, SpecError, type Spec } from './spec.ts';
import { isWorkflowSpec, planSpec } from './workflows/plan-spec.ts';

/** The kinds that are known. */
const KINDS: readonly Kind[] = [graph, seldonDeployment, inferenceService, inferenceGraph, trainedModel];

const KNOWN = KINDS.map(({ kind }) => kind).join(', ');

/**
 * @param text YAML or JSON, of one or several documents
 * @param file for messages
 * @throws SpecError with file, line and what was expected
 */
export function makePlan(text: string, file: string, options: PlanOptions): DeploymentPlan {
  const specs = readSpecs(text, file);
  if (specs.length === 0) throw new SpecError(`${file}: it is empty`);
  const [only, ...others] = specs;
  if (only !== undefined && others.length === 0 && isWorkflowSpec(only)) return planSpec(text, file, options);
  const models = specs.flatMap((spec) => kindOf(spec)?.plan(spec, options) ?? []);
  assertNames(models, file);
  if (models.length === 0) throw new SpecError(`${file}: it has none of ${KNOWN}`);
  return { models, notes: specs.flatMap((spec) => spec.notes()) };
}

/** Undefined for an object of Kubernetes that is no service. */
function kindOf(spec: Spec): Kind | undefined {
  const kind = spec.at('kind');
  const named = kind.text() ?? (spec.keys().includes('graph') ? 'Graph' : undefined);
  const [api = ''] = (spec.at('apiVersion').text() ?? '').split('/');
  if (named === undefined) throw spec.error(`has no kind: expected one of ${KNOWN}`);
  const found = KINDS.find((each) => each.kind === named && (each.apis?.includes(api) ?? true));
  if (found === undefined) spec.ignore(`a ${named} is nothing that is served`);
  return found;
}

function assertNames(models: readonly PlannedModel[], file: string): void {
  const names = models.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new SpecError(`${file}: two of its models would be called "${twice}"`);
}
