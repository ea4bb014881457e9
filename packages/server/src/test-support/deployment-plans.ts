/** Plans of files, as tests look at them. */
import { makePlan } from '../deployment/make-plan.ts';
import type { DeploymentPlan, PlannedModel } from '../deployment/plan.ts';

/** Of `file.yaml`. */
export function plan(
  text: string,
  registered: Record<string, string> = {},
  archives: Record<string, string> = {},
): DeploymentPlan {
  return makePlan(text, 'file.yaml', { archives, registered });
}

/** Name, source and keys of each model. */
export function facts({ models }: DeploymentPlan) {
  return models.map(({ name, source, config }: PlannedModel) => ({
    name,
    from: 'url' in source ? source.url : source.handler,
    ...(config !== undefined && Object.keys(config).length > 0 && { config }),
  }));
}

/** Line and text of each. */
export function notes(made: DeploymentPlan): string[] {
  return made.notes.map(({ line, text }) => `${line}: ${text}`);
}

/** The beginning of one, up to its predictor. */
export const SERVICE = `apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: { name: iris, namespace: prod, labels: { team: a } }
spec:
  predictor:
`;
