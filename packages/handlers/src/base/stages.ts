/** Rows through a pipeline: an entry that is an Error leaves it, and comes back in its row's place at the end. */
import type { HandlerContext } from '../handler.ts';
import { HandlerError } from '../handler-error.ts';
import { plural } from '../plural.ts';
import { isStageTimer, type StageName } from '../stage-times.ts';

/** One stage: as many entries out as in. */
export type Stage = (entries: unknown[], context: HandlerContext) => unknown[] | Promise<unknown[]>;

/**
 * Every stage gets the entries that are no Errors, and the context of their rows. The context is told how long it took.
 * @param stages in the order in which they run
 * @throws HandlerError when a stage returns another number of entries; whatever a stage throws
 */
export async function throughStages(
  rows: unknown[],
  context: HandlerContext,
  stages: Readonly<Record<StageName, Stage>>,
): Promise<unknown[]> {
  const results = [...rows];
  let alive = rows.map((_, index) => index);
  for (const [name, stage] of Object.entries(stages) as [StageName, Stage][]) {
    if (alive.length === 0) break;
    const startedAt = performance.now();
    const part = alive.length === rows.length ? context : context.forRows(alive);
    const entries = await stage(
      alive.map((index) => results[index]),
      part,
    );
    if (isStageTimer(context)) context.addStageTime(name, performance.now() - startedAt);
    checkLength(entries, alive.length);
    alive.forEach((row, index) => (results[row] = entries[index]));
    alive = alive.filter((row) => !(results[row] instanceof Error));
  }
  return results;
}

/** `map`, but what is thrown for an entry becomes its result. */
export function mapRows<T, R>(entries: readonly T[], map: (entry: T, index: number) => R): (R | Error)[] {
  return entries.map((entry, index) => {
    try {
      return map(entry, index);
    } catch (error) {
      return toError(error);
    }
  });
}

/** The same for work that takes time; all entries at once. */
export function mapRowsAsync<T, R>(
  entries: readonly T[],
  map: (entry: T, index: number) => Promise<R>,
): Promise<(R | Error)[]> {
  return Promise.all(entries.map((entry, index) => map(entry, index).catch(toError)));
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

function checkLength(entries: unknown, expected: number): void {
  if (Array.isArray(entries) && entries.length === expected) return;
  const got = Array.isArray(entries) ? `${entries.length} entries` : `a ${typeof entries}`;
  throw new HandlerError(
    `A stage of the handler returned ${got} for ${plural(expected, 'row')}; expected an array with one entry per row`,
  );
}
