/** What is logged, in the words of Triton's logging extension; the same over REST and gRPC. */
import type { LogControl } from '../../../core/logger.ts';
import { ServeError } from '../../../core/errors.ts';

/** As Triton has them, each under its name there. */
export interface LogSettings {
  /** Where lines go; empty for stdout. It stays. */
  readonly log_file: string;
  /** Whether info lines are logged. */
  readonly log_info: boolean;
  /** Whether warnings are logged. */
  readonly log_warning: boolean;
  /** Whether errors are logged. */
  readonly log_error: boolean;
  /** 1 with the lines for somebody who looks for a fault, 0 without. */
  readonly log_verbose_level: number;
  /** Of times. It stays. */
  readonly log_format: 'ISO8601';
}

/** As they are now. */
export function readLogSettings({ kinds, file = '' }: LogControl): LogSettings {
  return {
    log_file: file,
    log_info: kinds.info,
    log_warning: kinds.warn,
    log_error: kinds.error,
    log_verbose_level: kinds.debug ? 1 : 0,
    log_format: 'ISO8601',
  };
}

/**
 * Changes those that are given, or nothing.
 * @returns all of them
 * @throws ServeError `invalid_argument` for one that there is not, or of another type; `not_implemented` for one that stays
 */
export function changeLogSettings(control: LogControl, given: Readonly<Record<string, unknown>>): LogSettings {
  const present = readLogSettings(control);
  for (const [name, value] of Object.entries(given)) checkSetting(name, value, present);
  const { log_info: info, log_warning: warn, log_error: error, log_verbose_level: level } = { ...present, ...given };
  control.switch({ info, warn, error, debug: level > 0 });
  return readLogSettings(control);
}

/** What the log is written to, and how, is the configuration's. */
const FIXED: Readonly<Record<string, string>> = { log_file: 'log_file', log_format: 'log_format' };

function checkSetting(name: string, value: unknown, present: LogSettings): void {
  if (!Object.hasOwn(present, name)) {
    throw new ServeError('invalid_argument', `Unknown log setting "${name.slice(0, 60)}"`);
  }
  const before = present[name as keyof LogSettings];
  const key = FIXED[name];
  if (key !== undefined && value !== before) {
    const advice = `it stays ${JSON.stringify(before)} while the server runs; ${key} of its configuration says it`;
    throw new ServeError('not_implemented', `Log setting "${name}": ${advice}`);
  }
  const expected = typeof before === 'number' ? 'an integer from 0 on' : `a ${typeof before}`;
  const isRight =
    typeof before === 'number' ? Number.isInteger(value) && Number(value) >= 0 : typeof value === typeof before;
  if (!isRight) throw new ServeError('invalid_argument', `Log setting "${name}": expected ${expected}`);
}
