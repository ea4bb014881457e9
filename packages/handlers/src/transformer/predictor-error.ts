/** What went wrong at the predictor, as the client is told. */
import { PredictionError } from '../prediction-error.ts';

/** What `ClientError` of @marserve/client has. */
interface CallFailure extends Error {
  readonly kind: string;
  readonly status?: number;
  readonly code?: number;
}

/** Codes of gRPC as statuses of HTTP (https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto). */
const STATUS_OF_CODE: Readonly<Record<number, number>> = {
  3: 400,
  4: 504,
  5: 404,
  6: 409,
  7: 403,
  8: 429,
  9: 400,
  10: 409,
  11: 400,
  12: 501,
  14: 503,
  16: 401,
};

const STATUS_OF_KIND: Readonly<Record<string, number>> = {
  connection: 503,
  refused: 503,
  timeout: 504,
  aborted: 504,
  answer: 502,
};

/** The predictor's own status and text, with its host; anything that is no failure of a call as it is. */
export function predictorError(error: unknown): unknown {
  if (!isCallFailure(error)) return error;
  const { kind, status, code, message } = error;
  const own = status ?? (code === undefined || kind !== 'status' ? undefined : (STATUS_OF_CODE[code] ?? 500));
  const chosen = own ?? STATUS_OF_KIND[kind] ?? 500;
  const isError = kind === 'status' && chosen >= 400 && chosen <= 599;
  const told = new PredictionError(
    `Predictor${message.startsWith('http') ? '' : ':'} ${message}`,
    isError ? chosen : (STATUS_OF_KIND[kind] ?? 502),
  );
  told.cause = error;
  return told;
}

/** By its name: the package is loaded when a predictor is first asked. */
function isCallFailure(error: unknown): error is CallFailure {
  return error instanceof Error && error.name === 'ClientError';
}
