/** Rows through a pipeline: an entry that is an Error leaves it, and comes back in its row's place at the end. */
import type { HandlerContext } from '../handler.ts';
import { HandlerError } from '../handler-error.ts';
import { plural } from '../plural.ts';
import { addStageTime, type StageName } from '../context/stage-times.ts';

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
  const failed = new Map<number, Error>();
  // A stage may empty the list that it gets.
  let entries = [...rows];
  let places = rows.map((_, index) => index);
  for (const name of Object.keys(stages) as StageName[]) {
    if (places.length === 0) break;
    const part = failed.size === 0 ? context : context.forRows(places);
    const startedAt = performance.now();
    const results = await stages[name](entries, part);
    addStageTime(context, name, performance.now() - startedAt);
    checkLength(results, places.length);
    entries = results;
    if (!results.some(isError)) continue;
    results.forEach((result, index) => isError(result) && failed.set(places[index] as number, result));
    const alive = [...results.keys()].filter((index) => !isError(results[index]));
    entries = alive.map((index) => results[index]);
    places = alive.map((index) => places[index] as number);
  }
  return inPlaces(entries, places, failed);
}

/** Every row's result, the Errors too. */
function inPlaces(entries: unknown[], places: readonly number[], failed: ReadonlyMap<number, Error>): unknown[] {
  if (failed.size === 0) return entries;
  const results: unknown[] = [];
  places.forEach((place, index) => (results[place] = entries[index]));
  for (const [place, error] of failed) results[place] = error;
  return results;
}

function isError(entry: unknown): entry is Error {
  return entry instanceof Error;
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
