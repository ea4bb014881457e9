/** Every key of config.properties, and the type of what they make. The docs are generated from here. */
import type { ConfigKey } from './config-key.ts';
import { ADDRESS_KEYS } from './keys/addresses.ts';
import { EXPERIMENT_KEYS } from './keys/experiments.ts';
import { LIMIT_KEYS } from './keys/limits.ts';
import { MODEL_KEYS } from './keys/models.ts';
import { OBSERVABILITY_KEYS } from './keys/observability.ts';
import { PREDICTOR_KEYS } from './keys/predictor.ts';
import { PROCESS_KEYS } from './keys/process.ts';
import { TLS_KEYS } from './keys/tls.ts';
import type { ValueType } from './value-types.ts';

export { flagOf, variableOf, type ConfigKey } from './config-key.ts';
export { INEFFECTIVE_KEYS } from './ineffective-keys.ts';
export type { ListenAddress } from './listen-address.ts';
export { LOG_CONFIG_KEYS } from './sources/log-config-keys.ts';
export { PROFILES } from './profiles.ts';
export { INEFFECTIVE_MODEL_KEYS, MODEL_CONFIG_KEYS } from '@marserve/archiver/model-config';

/** The keys in groups, in the order of docs and help. */
export const CONFIG_SECTIONS: readonly {
  readonly title: string;
  readonly keys: Readonly<Record<string, ConfigKey>>;
}[] = [
  { title: 'Addresses', keys: ADDRESS_KEYS },
  { title: 'TLS', keys: TLS_KEYS },
  { title: 'Models', keys: MODEL_KEYS },
  { title: 'Predictor', keys: PREDICTOR_KEYS },
  { title: 'Experiments', keys: EXPERIMENT_KEYS },
  { title: 'Limits', keys: LIMIT_KEYS },
  { title: 'Metrics and logs', keys: OBSERVABILITY_KEYS },
  { title: 'Process', keys: PROCESS_KEYS },
];

/** The table, in the order of the docs. */
export const CONFIG_KEYS = {
  ...ADDRESS_KEYS,
  ...TLS_KEYS,
  ...MODEL_KEYS,
  ...PREDICTOR_KEYS,
  ...EXPERIMENT_KEYS,
  ...LIMIT_KEYS,
  ...OBSERVABILITY_KEYS,
  ...PROCESS_KEYS,
};

type ConfigTable = typeof CONFIG_KEYS;

/** A key, as it is spelt in the file. */
export type ConfigKeyName = keyof ConfigTable;

/** The configuration of a server: a value for each key, named in camel case, in the unit of its key. Frozen. */
export type ServerConfig = {
  readonly [K in ConfigKeyName as CamelCase<K>]: ValueOf<ConfigTable[K]>;
};

/** A key without default may be undefined, unless it is required. */
type ValueOf<K> = K extends { type: ValueType<infer T> }
  ? K extends { default: string } | { isRequired: true }
    ? T
    : T | undefined
  : never;

type CamelCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

/** `job_queue_size` → `jobQueueSize`. */
export function camelCase<K extends string>(key: K): CamelCase<K> {
  return key.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()) as CamelCase<K>;
}
