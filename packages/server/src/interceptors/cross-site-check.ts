/**
 * Refuses what a browser sends for a page of another site: browsers let pages post forms and texts anywhere, without asking,
 * and a registration runs code. They say so in headers that no page can set: Sec-Fetch-Site and Origin.
 */
import { ServeError } from '../core/errors.ts';
import type { Audience } from '../protocols/endpoint.ts';
import type { Call, Interceptor } from './interceptor.ts';

const CHECKED: ReadonlySet<Audience> = new Set(['management', 'tokens']);
/** What a page without an origin sends, and what stands for any. */
const NO_ORIGINS: ReadonlySet<string> = new Set(['null', '*']);

/** @param allowedOrigin pages of this origin may (`cors_allowed_origin`); `*` is none */
export function createCrossSiteCheck(allowedOrigin: string | undefined): Interceptor {
  return {
    admit(call) {
      const isChecked = CHECKED.has(call.audience === 'open' ? call.listener : call.audience);
      if (!isChecked || !isCrossSite(call, allowedOrigin)) return;
      const origin = call.header('origin');
      const page = origin === undefined ? 'another site' : `"${origin.slice(0, 200)}"`;
      const advice = 'If its pages may manage models, set cors_allowed_origin to their origin';
      throw new ServeError('permission_denied', `A page of ${page} made the browser send this request. ${advice}.`);
    },
  };
}

/** Browsers leave Sec-Fetch-Site out where they do not trust the connection; other clients send none of the two. */
function isCrossSite(call: Call, allowedOrigin: string | undefined): boolean {
  const [site, origin] = [call.header('sec-fetch-site'), call.header('origin')];
  if (site === 'same-origin' || site === 'none') return false;
  if (origin !== undefined && !NO_ORIGINS.has(origin) && origin === allowedOrigin) return false;
  return site !== undefined || (origin !== undefined && !isOriginOf(origin, call.header('host')));
}

function isOriginOf(origin: string, host: string | undefined): boolean {
  return (
    host !== undefined &&
    /^https?:\/\//i.test(origin) &&
    origin.replace(/^\w+:\/\//, '').toLowerCase() === host.toLowerCase()
  );
}
