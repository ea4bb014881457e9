/** Keys of TorchServe's model YAML that do nothing here (torchserve.md 2.4). Handlers get them all the same. */
import { misspelt } from '../command-line/misspelt.ts';
import { MODEL_CONFIG_KEYS } from './model-config-keys.ts';
import { shown } from './value-rules.ts';

const CPU_ONLY = 'models run on the CPU';
const ONE_PROCESS = 'a worker is one process, which holds the whole model';
const NO_SEQUENCES = 'requests of a sequence may go to any worker';
const NO_PYTHON = 'there is no PyTorch here';

/** Key → why it does nothing. */
export const INEFFECTIVE_MODEL_KEYS: Readonly<Record<string, string>> = {
  asyncCommunication: 'workers are never waited for',
  continuousBatching: 'a batch is answered as a whole',
  deepspeed: NO_PYTHON,
  deviceIds: CPU_ONLY,
  deviceType: CPU_ONLY,
  maxNumSequence: NO_SEQUENCES,
  maxSequenceJobQueueSize: NO_SEQUENCES,
  micro_batching: NO_PYTHON,
  parallelLevel: ONE_PROCESS,
  parallelType: ONE_PROCESS,
  pippy: NO_PYTHON,
  pt2: NO_PYTHON,
  sequenceBatching: NO_SEQUENCES,
  sequenceMaxIdleMSec: NO_SEQUENCES,
  sequenceTimeoutMSec: NO_SEQUENCES,
  torchrun: ONE_PROCESS,
  useJobTicket: 'requests wait in the queue until a worker is free',
  useVenv: NO_PYTHON,
};

/** Values that ask for what is the case anyway. */
const HARMLESS: readonly unknown[] = [undefined, null, false, 0, '', 'cpu'];

/** What there is to say about a file's keys, a sentence each. */
export function modelConfigWarnings(config: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(config).flatMap(([key, value]) => {
    if (Object.hasOwn(MODEL_CONFIG_KEYS, key) && !Object.hasOwn(INEFFECTIVE_MODEL_KEYS, key)) return [];
    if (!Object.hasOwn(INEFFECTIVE_MODEL_KEYS, key)) return misspeltKey(key);
    return HARMLESS.includes(value) ? [] : [`${key}: ${shown(value)} does nothing: ${INEFFECTIVE_MODEL_KEYS[key]}`];
  });
}

/** Of the built-in handlers, and of what explains them. */
const SECTIONS = [
  'base_handler',
  'component',
  'explainer',
  'graph',
  'image_classifier',
  'seldon_graph',
  'tabular_classifier',
  'vector_search',
  'workflow',
];

/** It may be the handler's own. */
function misspeltKey(key: string): string[] {
  if (SECTIONS.includes(key)) return [];
  const section = misspelt(key, SECTIONS);
  if (section !== undefined) return [`${key} is no section of a built-in handler. Did you mean ${section}?`];
  const meant = misspelt(key, Object.keys(MODEL_CONFIG_KEYS));
  return meant === undefined ? [] : [`${key} is no key of the server, only of the handler. Did you mean ${meant}?`];
}
