/** Metrics and logs. */
import type { ConfigKeys } from '../config-key.ts';
import { boolean, filePath, integer, oneOf, withAliases } from '../value-types.ts';

/** The keys of metrics and logs. */
export const OBSERVABILITY_KEYS = {
  enable_metrics_api: {
    type: boolean,
    default: 'true',
    flag: true,
    description: 'Whether the metrics address is opened.',
  },
  metrics_mode: {
    type: oneOf('prometheus', 'log', 'legacy'),
    default: 'prometheus',
    description: 'Metrics are always there for Prometheus; the other modes of TorchServe are accepted with a warning.',
  },
  metric_time_interval: {
    type: integer({ min: 1, unit: 'seconds' }),
    default: '60',
    flag: true,
    description: 'Time between two measurements of processor, memory and disk.',
  },
  disable_system_metrics: {
    type: boolean,
    default: 'false',
    flag: true,
    description: 'Whether processor, memory and disk are not measured.',
  },
  log_config: {
    type: filePath,
    flag: true,
    description:
      'YAML or JSON file with `level`, `format`, `file`, `maxFileSize`, `rotation`, `maxFiles` and `accessLog`.',
  },
  log_level: {
    type: withAliases(oneOf('debug', 'info', 'warn', 'error'), { verbose: 'debug', warning: 'warn', fatal: 'error' }),
    default: 'info',
    flag: true,
    description:
      'The least important lines that are logged; `verbose`, `warning` and `fatal` are other words for them.',
  },
  log_format: {
    type: oneOf('auto', 'json', 'pretty'),
    default: 'auto',
    flag: true,
    description: 'One JSON object a line, or lines for people. `auto` is pretty on a terminal and JSON elsewhere.',
  },
  log_file: {
    type: filePath,
    defaultInWords: 'stdout; `logs/marserve.log` in the background',
    flag: true,
    description: 'File that the log is appended to.',
  },
  log_max_file_size: {
    type: integer({ unit: 'bytes' }),
    default: String(50 * 2 ** 20),
    flag: true,
    description: 'A log file of this size is put aside, as `marserve.log.1`. 0: never for its size.',
  },
  log_rotation: {
    type: oneOf('off', 'hourly', 'daily'),
    default: 'daily',
    flag: true,
    description: 'When the log file is put aside whatever its size: at the full hour, or at midnight.',
  },
  log_max_files: {
    type: integer({ min: 1 }),
    default: '10',
    flag: true,
    description:
      'How many log files that were put aside are kept. The log takes `(log_max_files + 1) × log_max_file_size`.',
  },
  access_log: {
    type: oneOf('off', 'debug', 'info'),
    default: 'info',
    flag: true,
    description: 'Level of the line that each request leaves in the log.',
  },
} satisfies ConfigKeys;
