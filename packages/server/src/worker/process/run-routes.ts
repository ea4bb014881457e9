/** A batch with requests to routes of the handler's own: each route has a function, which gets its rows. */
import type { HandlerContext, Row, RowResult } from '@marserve/handlers';
import { Thrown } from './coded-requests.ts';
import type { LoadedModel } from './load-model.ts';

/** Rows, and the context that has them by the same places. */
export interface RowsInContext {
  /** Of the batch. */
  readonly rows: Row[];
  /** What the handler is given with them. */
  readonly context: HandlerContext;
}

/** One route after the other; all requests in protocols are one group among them. */
export async function runRoutes({ handler }: LoadedModel, { rows, context }: RowsInContext): Promise<RowResult[]> {
  const results: RowResult[] = [];
  for (const [route, places] of placesByRoute({ rows, context })) {
    const own = places.map((place) => rows[place] as Row);
    const part = context.forRows(places);
    const run = () => (route === undefined ? handler.run('predict', own, part) : handler.runRoute(route, own, part));
    const answers = await run().catch((error: unknown) => places.map(() => new Thrown(error)));
    places.forEach((place, index) => (results[place] = answers[index]));
  }
  return results;
}

function placesByRoute({ rows, context }: RowsInContext): Map<string | undefined, number[]> {
  const places = new Map<string | undefined, number[]>();
  for (let place = 0; place < rows.length; place += 1) {
    const route = context.getRoute(place)?.route;
    places.set(route, [...(places.get(route) ?? []), place]);
  }
  return places;
}
