/** Lets pages of other origins read the answers, as far as the configuration says so. */
import type { Interceptor } from './interceptor.ts';

/** Values of the headers, as TorchServe has them on every reply; those that are undefined are left out. */
export interface CorsOptions {
  /** `Access-Control-Allow-Origin` (`cors_allowed_origin`). */
  readonly allowedOrigin?: string;
  /** `Access-Control-Allow-Methods` (`cors_allowed_methods`). */
  readonly allowedMethods?: string;
  /** `Access-Control-Allow-Headers` (`cors_allowed_headers`). */
  readonly allowedHeaders?: string;
}

/** Puts the headers on every answer, errors included. */
export function createCors({ allowedOrigin, allowedMethods, allowedHeaders }: CorsOptions): Interceptor {
  return {
    replyHeaders: {
      ...(allowedOrigin !== undefined && { 'access-control-allow-origin': allowedOrigin }),
      ...(allowedMethods !== undefined && { 'access-control-allow-methods': allowedMethods }),
      ...(allowedHeaders !== undefined && { 'access-control-allow-headers': allowedHeaders }),
    },
  };
}
