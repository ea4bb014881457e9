/** Whether a job is run again after a worker died over it. */

export interface DeathHistory {
  /** Workers that died while they ran the job, the latest included; ≥ 1. */
  readonly deaths: number;
  /** Jobs in the batch that the latest of them ran. */
  readonly batchSize: number;
}

/**
 * A first death may be nobody's fault. After a second the jobs of the batch run one by one (see `BatchQueue.take`), and
 * the one that is alone when a worker dies then is the one that kills.
 */
export function isRetried({ deaths, batchSize }: DeathHistory): boolean {
  return deaths < 2 || batchSize > 1;
}
