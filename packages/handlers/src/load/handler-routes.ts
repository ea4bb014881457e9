/** The functions that answer the routes of a handler's own, which the model's config names. */
import type { HandlerContext, Row } from '../handler.ts';
import { HandlerError } from '../handler-error.ts';
import type { AdaptedHandler } from './handler-adapter.ts';

/** Route → what answers it. */
export type HandlerRoutes = ReadonlyMap<string, (rows: Row[], context: HandlerContext) => unknown>;

/** @param modelConfig its section `routes`; what reads the config checks its form @throws HandlerError for a function that is not there */
export function openRoutes(
  { routes }: Readonly<Record<string, unknown>>,
  handler: Pick<AdaptedHandler, 'name' | 'functionOf'>,
): HandlerRoutes {
  return new Map(
    Object.entries((routes ?? {}) as Readonly<Record<string, string>>).map(([route, name]) => {
      const answer = handler.functionOf(name);
      if (answer !== undefined) return [route, (rows: Row[], context: HandlerContext) => answer(rows, context)];
      const expected = `expected a function "${name}" in the handler ${handler.name}, which has none`;
      throw new HandlerError(`The route "${route}" of the model's config: ${expected}`);
    }),
  );
}
