/** The version of this software, from its package. */
import { readFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Such as `0.1.0`; what describe, metrics and handlers are told. */
export const SERVER_VERSION = version;
