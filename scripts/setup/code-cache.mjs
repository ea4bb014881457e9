/** What V8 makes of the bundle, for the Node that is given: see packages/server/bin/make-code-cache.js. */
import { inRoot, run, say } from './tools.mjs';

const MAKE = inRoot('packages/server/bin/make-code-cache.js');

/** Says what is wrong; everything works without, and starts take longer. */
export async function provideCodeCache(node = process.execPath) {
  const { ok, output } = await run(node, [MAKE]);
  if (!ok || output !== '') say(output);
}
