/** Reads a PKCS #12 keystore, by Node itself; JKS, which only Java reads, is refused with the line that converts it. */
import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { messageOf } from '../../core/errors.ts';
import { readTlsFile } from './read-tls-file.ts';
import { TlsError } from './tls-error.ts';

/** What was read. */
export interface Keystore {
  /** For `tls.createSecureContext`. */
  readonly context: SecureContextOptions;
  /** The certificate of its key. */
  readonly own: X509Certificate;
}

/** First bytes of Java's own keystores, JKS and JCEKS. */
const JAVA_MAGICS = new Set(['feedfeed', 'cececece']);

/** @throws TlsError */
export function readKeystore(file: string, passphrase: string): Keystore {
  const pfx = readTlsFile('keystore', file);
  if (JAVA_MAGICS.has(pfx.toString('hex', 0, 4))) {
    const line = `keytool -importkeystore -srckeystore ${file} -destkeystore keystore.p12 -deststoretype PKCS12`;
    throw new TlsError(`keystore: ${file} is a Java keystore (JKS), which only Java reads. Convert it: ${line}`);
  }
  const context = { pfx, passphrase };
  try {
    return { context, own: certificateIn(context) };
  } catch (error) {
    throw new TlsError(`keystore: ${reasonOf(file, messageOf(error))}`, { cause: error });
  }
}

/** Node has no other way to a certificate in a keystore, and this one is not in its documentation or its types. */
function certificateIn(options: SecureContextOptions): X509Certificate {
  const secure: { readonly context: { getCertificate?: () => Buffer | null } } = createSecureContext(options);
  const certificate = secure.context.getCertificate?.() ?? undefined;
  if (certificate === undefined) throw new Error('no certificate');
  return new X509Certificate(certificate);
}

function reasonOf(file: string, message: string): string {
  if (/mac verify/i.test(message)) return `keystore_pass does not open ${file}. It is "changeit" unless it is set.`;
  if (/unsupported/i.test(message)) {
    const line = `openssl pkcs12 -legacy -in ${file} -nodes -out both.pem; openssl pkcs12 -export -in both.pem -out keystore.p12`;
    return `${file} is encrypted in an old way that OpenSSL no longer reads. Write it anew: ${line}`;
  }
  return `${file} is no PKCS #12 keystore with a key and its certificate (${message}).`;
}
