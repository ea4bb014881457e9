/** What all objects of Kubernetes have. */
import { Archives } from '../archives.ts';
import type { PlanOptions } from '../plan.ts';
import type { Spec } from '../spec.ts';

/** An object's own name, and what its annotations say of archives. */
export interface ObjectMetadata {
  /** As it is. */
  readonly name: string;
  /** See `Archives`. */
  readonly archives: Archives;
}

/** Annotations of these are for the servers that they are of. */
const FOREIGN =
  /^(serving\.kserve\.io|serving\.kubeflow\.org|sidecar\.istio\.io|autoscaling\.knative\.dev|seldon\.io)\//;

/** Labels, namespaces and what Kubernetes writes down itself change nothing, and are not spoken of. @throws SpecError without a name */
export function readMetadata(object: Spec, options: PlanOptions): ObjectMetadata {
  for (const key of ['apiVersion', 'kind', 'status']) object.at(key).value();
  const metadata = object.at('metadata').required();
  for (const key of metadata.keys()) if (key !== 'annotations') metadata.at(key).value();
  const annotations = metadata.at('annotations');
  for (const key of annotations.keys()) if (!FOREIGN.test(key)) annotations.at(key).value();
  return { name: nameOf(metadata.at('name')), archives: new Archives(annotations, options) };
}

/** @throws SpecError for what no model can be called */
function nameOf(name: Spec): string {
  const text = name.required().text() ?? '';
  if (/^[A-Za-z0-9][\w.-]*$/.test(text)) return text;
  throw name.error('expected letters, digits, ".", "_" and "-"');
}
