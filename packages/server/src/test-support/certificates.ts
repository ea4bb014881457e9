/** Certificates for tests, made by openssl in a folder of their own. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** Paths of PEM files. */
export interface Pair {
  readonly key: string;
  readonly cert: string;
}

export interface Authority {
  readonly folder: string;
  /** Its own certificate and key. */
  readonly own: Pair;
  /** A certificate for localhost, or for a client. */
  issue(name: string, options?: { readonly isExpired?: boolean }): Promise<Pair>;
  /** Runs openssl in the folder. */
  openssl(...args: readonly string[]): Promise<string>;
  close(): Promise<void>;
}

const EC_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
const NAMES = 'subjectAltName=DNS:localhost,IP:127.0.0.1\n';

/** Of its own for each certificate: openssl's file of the last one is not made for two that are issued at a time. */
const serialNumber = () => `0x1${randomBytes(8).toString('hex')}`;

export async function createAuthority(name = 'ca'): Promise<Authority> {
  const folder = await mkdtemp(path.join(tmpdir(), 'marserve-certificates-'));
  const openssl = async (...args: readonly string[]) =>
    (await promisify(execFile)('openssl', args, { cwd: folder })).stdout;
  const pairOf = (each: string) => ({ key: path.join(folder, `${each}.key`), cert: path.join(folder, `${each}.pem`) });
  const own = pairOf(name);
  await openssl('req', '-x509', ...EC_KEY, '-days', '2', '-subj', `/CN=${name}`, '-keyout', own.key, '-out', own.cert);
  await writeFile(path.join(folder, 'names'), NAMES);
  return {
    folder,
    own,
    openssl,
    async issue(subject, { isExpired = false } = {}) {
      const pair = pairOf(subject);
      await openssl('req', ...EC_KEY, '-subj', `/CN=${subject}`, '-keyout', pair.key, '-out', `${subject}.csr`);
      const signed = ['-CA', own.cert, '-CAkey', own.key, '-set_serial', serialNumber(), '-extfile', 'names'];
      const days = isExpired ? '-1' : '1';
      await openssl('x509', '-req', '-in', `${subject}.csr`, ...signed, '-days', days, '-out', pair.cert);
      return pair;
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
