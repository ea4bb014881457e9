/** Digests as the server says them. */
import { createHash } from 'node:crypto';

/** `sha256:…` */
export function sha256(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return `sha256:${hash.digest('hex')}`;
}
