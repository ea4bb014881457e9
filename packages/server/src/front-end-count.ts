/** How many processes read requests and write answers. */

/** On so many cores one front end keeps up with what the workers can do beside it. */
const FEW_CORES = 4;
const MOST = 16;

/** What the configuration says; else by the cores that the server may use. */
export function frontEndCount(asked: number | undefined, cores: number): number {
  if (asked !== undefined) return asked;
  return cores <= FEW_CORES ? 1 : Math.min(MOST, Math.floor(cores / 2));
}
