/** Whether a job is run again after a worker died over it. */

/** How many workers died over a job. */
export interface DeathHistory {
  /** Workers that died while they ran the job, alone or with others. */
  readonly deaths: number;
  /** Those of them that ran it alone. */
  readonly deathsAlone: number;
}

/** So many deaths may be nobody's fault, as when workers are killed from outside. */
const FORGIVEN = 2;

/** Whether the job is to run without neighbours: to save them, or to be found out. */
export function runsAlone({ deaths }: DeathHistory): boolean {
  return deaths >= FORGIVEN;
}

/** The job that two workers died over while they ran it alone is the one that kills. */
export function isRetried({ deathsAlone }: DeathHistory): boolean {
  return deathsAlone < FORGIVEN;
}
