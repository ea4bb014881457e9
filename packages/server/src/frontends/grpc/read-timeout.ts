/** How long a client of gRPC waits, as it says in `grpc-timeout`. */
import { ServeError } from '../../core/errors.ts';

const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** @returns milliseconds; undefined for a client that waits for ever @throws ServeError `invalid_argument` */
export function readTimeout(text: string | string[] | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, digits, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(String(text)) ?? [];
  const unitMs = UNIT_MS[unit];
  if (unitMs !== undefined) return Number(digits) * unitMs;
  const message = `grpc-timeout: expected up to eight digits and one of H, M, S, m, u, n, got "${String(text).slice(0, 60)}"`;
  throw new ServeError('invalid_argument', message);
}
