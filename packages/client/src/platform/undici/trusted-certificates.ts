/** Which authorities are trusted. */
import { readFileSync } from 'node:fs';
import type { TlsOptions } from '../../client-options.ts';

const VARIABLES = ['REQUESTS_CA_BUNDLE', 'SSL_CERT_FILE'] as const;

/**
 * Their certificates as PEM; undefined for those of Node.
 * @throws Error naming the variable when its file cannot be read
 */
export function trustedCertificates({ ca }: TlsOptions, env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (ca !== undefined) return ca;
  const variable = VARIABLES.find((name) => (env[name] ?? '') !== '');
  if (variable === undefined) return undefined;
  const file = env[variable] ?? '';
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${variable} names ${file}, which cannot be read: expected a file of certificates (PEM)`, {
      cause: error,
    });
  }
}
