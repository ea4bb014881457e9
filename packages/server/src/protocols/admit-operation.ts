/** Lets a request in that names a model: to that model, or to the one that explains it. */
import type { Admission } from '../core/admission.ts';
import type { Operation } from '../core/jobs/job.ts';
import type { Planes } from './protocol.ts';

/** What predictions and explanations need. */
export type InferencePlanes = Pick<Planes, 'dataPlane' | 'explainerOf'>;

/** What is asked, and of which model. */
export interface AskedModel {
  /** As the request names it. */
  readonly name: string;
  /** Undefined for the default one; a version that is named explains itself. */
  readonly version?: string | undefined;
  /** What it is to do. */
  readonly operation: Operation;
}

/** @throws ServeError as `DataPlane.admit` */
export function admitOperation(
  { dataPlane, explainerOf }: InferencePlanes,
  { name, version, operation }: AskedModel,
): Admission {
  const isForExplainer = operation === 'explain' && version === undefined;
  return isForExplainer ? dataPlane.admit(explainerOf(name)) : dataPlane.admit(name, version);
}
