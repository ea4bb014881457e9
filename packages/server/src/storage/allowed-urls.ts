/** Which addresses archives may be fetched from (`allowed_urls`). */
import { ServeError } from '../core/errors.ts';
import { redactSecrets } from '../core/redact-secrets.ts';

/** True when one of the patterns matches the whole address, in any case of letters. */
export function isAllowed(url: string, patterns: readonly RegExp[]): boolean {
  return patterns.some((pattern) => new RegExp(`^(?:${pattern.source})$`, 'i').test(url));
}

/** @throws ServeError `url_not_allowed`, saying how to allow it */
export function assertAllowed(url: string, patterns: readonly RegExp[]): void {
  if (isAllowed(url, patterns)) return;
  const advice = 'Set allowed_urls in config.properties to admit it, or put the archive into the model store.';
  throw new ServeError(
    'url_not_allowed',
    `Given URL ${redactSecrets(url)} does not match any allowed URL(s). ${advice}`,
  );
}
