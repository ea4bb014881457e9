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
  let failed: Map<number, Error> | undefined;
  // A stage may empty the list that it gets.
  let entries = [...rows];
  /** Of the entries among the rows; undefined as long as none has failed. */
  let places: readonly number[] | undefined;
  for (const name of Object.keys(stages) as StageName[]) {
    const count = (places ?? rows).length;
    if (count === 0) break;
    const part = places === undefined ? context : context.forRows(places);
    const startedAt = performance.now();
    const given = stages[name](entries, part);
    // Waiting for what is there would take as long as a small row.
    const results = Array.isArray(given) ? given : await given;
    addStageTime(context, name, performance.now() - startedAt);
    checkLength(results, count);
    entries = results;
    if (!results.some(isError)) continue;
    failed ??= new Map();
    const alive: number[] = [];
    for (let index = 0; index < count; index += 1) {
      const [result, place]: [unknown, number] = [results[index], places?.[index] ?? index];
      if (isError(result)) failed.set(place, result);
      else alive.push(index);
    }
    entries = alive.map((index) => results[index]);
    const before = places;
    places = alive.map((index) => before?.[index] ?? index);
  }
  return failed === undefined ? entries : inPlaces(entries, places ?? [], failed);
}

/** Every row's result, the Errors too. */
function inPlaces(entries: unknown[], places: readonly number[], failed: ReadonlyMap<number, Error>): unknown[] {
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

/** What was thrown, as a row's result. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

function checkLength(entries: unknown, expected: number): void {
  if (Array.isArray(entries) && entries.length === expected) return;
  const got = Array.isArray(entries) ? `${entries.length} entries` : `a ${typeof entries}`;
  throw new HandlerError(
    `A stage of the handler returned ${got} for ${plural(expected, 'row')}; expected an array with one entry per row`,
  );
}
