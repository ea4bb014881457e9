/** What is still to be done when the process ends: one listener for all, of which a process takes few. */

const works = new Set<() => void>();

/** @param work nothing can be waited for in it; what it throws nobody hears @returns what takes it back */
export function atExit(work: () => void): () => void {
  if (works.size === 0) process.once('exit', runAll);
  works.add(work);
  return () => {
    works.delete(work);
    if (works.size === 0) process.removeListener('exit', runAll);
  };
}

function runAll(): void {
  for (const work of works) {
    try {
      work();
    } catch {
      // Nobody is left to be told.
    }
  }
}
