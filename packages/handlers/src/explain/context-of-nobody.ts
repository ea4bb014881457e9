/** The context of what is asked of a model before any client asks. */
import { createBatchContext } from '../context/context.ts';
import type { HandlerContext, ModelContext } from '../handler.ts';

/** Of one row without headers. */
export function contextOfNobody(context: ModelContext): HandlerContext {
  return createBatchContext(context, [{ requestId: 'explainer', headers: [] }]).context;
}
