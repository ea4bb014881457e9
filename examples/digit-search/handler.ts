/** The entry point of the archive: TorchServe's `handle(data, context)`. */
import type { HandlerContext, Row } from '@marserve/handlers';
import { MyHandler } from './MyHandler.ts';

const service = new MyHandler();

/** Called once with null to initialise, then with each batch. */
export async function handle(data: Row[] | null, context: HandlerContext) {
  if (data === null) return service.initialize(context).then(() => null);
  return service.handle(data, context);
}
