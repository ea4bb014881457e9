/** Tells archives of workflows by their names. */

/** @param file a path */
export function isWorkflowArchive(file: string): boolean {
  return /\.war$/i.test(file);
}
