/** How a predictor is named that is a model of the same server. */
import type { LocalModel } from '../context/ask-model.ts';

/** How a host says that it is none. */
const SCHEME = 'local:';

/** The model that a host means, where it is one of the same server: `local:name` or `local:name/version`. */
export function localModelOf(host: string): LocalModel | undefined {
  if (!host.startsWith(SCHEME)) return undefined;
  const [name = '', version, ...others] = host.slice(SCHEME.length).split('/');
  if (name !== '' && version !== '' && others.length === 0) return { name, version };
  throw new RangeError(`predictor_host: expected "local:MODEL" or "local:MODEL/VERSION", got "${host}"`);
}
