/** An error with the place in the author's code where it happened. */
import { fileURLToPath } from 'node:url';

/** Where this package's compiled code is. */
const OWN_FOLDER = new URL('../', import.meta.url).href;

/** `message (at file:line:column)`, when the place is known. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return `something that is no Error was thrown: ${String(error)}`;
  const message = ['Error', 'HandlerError'].includes(error.name) ? error.message : `${error.name}: ${error.message}`;
  const place = placeOf(error);
  return place === undefined || message.includes(place) ? message : `${message} (at ${place})`;
}

/** The first place in the stack that is neither Node's nor ours. */
function placeOf({ stack = '', cause }: Error): string | undefined {
  const place = stack
    .split('\n')
    .map(frameOf)
    .find((each) => each !== undefined);
  return place ?? (cause instanceof Error ? placeOf(cause) : undefined);
}

function frameOf(line: string): string | undefined {
  const [, file = '', position = ''] = /(file:\/\/[^\s()]+?)(:\d+(?::\d+)?)\)?$/.exec(line) ?? [];
  const isForeign = file === '' || file.includes('/node_modules/') || file.startsWith(OWN_FOLDER);
  return isForeign ? undefined : fileURLToPath(file) + position;
}
