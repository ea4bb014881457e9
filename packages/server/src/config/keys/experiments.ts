/** Where experiments are kept, and for how long. */
import path from 'node:path';
import type { ConfigKeys } from '../config-key.ts';
import { filePath, integer, type ValueType } from '../value-types.ts';

/** A database elsewhere, or a file. */
const store: ValueType<string> = {
  name: 'path or URL',
  expected: 'a path or a URL of PostgreSQL',
  parse: (value, place) => (/^postgres(ql)?:\/\//.test(value) ? value : filePath.parse(value, place)),
};

/** The keys of experiments. */
export const EXPERIMENT_KEYS = {
  experiment_store: {
    type: store,
    default: path.join(process.env['LOG_LOCATION'] || 'logs', 'config', 'experiments.sqlite'),
    defaultInWords: '`experiments.sqlite` in the folder of the [snapshots](server.md#snapshots)',
    flag: true,
    isSecret: true,
    description:
      'Where the workers of [experiments](experiments.md) keep what they learn: a file of SQLite, or `postgres://user:password@host/database`, which several servers may share.',
  },
  experiment_max_age: {
    type: integer({ min: 1, unit: 'seconds' }),
    default: String(7 * 24 * 3600),
    description: 'How long it is known which arm answered a request: later feedback must say its route.',
  },
  experiment_max_decisions: {
    type: integer({ min: 1 }),
    default: '1000000',
    description: 'Of how many requests that is known, of all experiments together; the oldest are forgotten.',
  },
} satisfies ConfigKeys;
