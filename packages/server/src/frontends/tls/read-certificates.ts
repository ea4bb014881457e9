/** Reads the server's certificate and key, as PEM files or a PKCS #12 keystore, and the certificates that clients' are signed by. */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { messageOf } from '../../core/errors.ts';
import { readKeystore } from './read-keystore.ts';
import { readTlsFile } from './read-tls-file.ts';
import { TlsError } from './tls-error.ts';

/** Paths, named as the keys of the configuration. */
export interface CertificateFiles {
  /** PEM, not encrypted. */
  readonly privateKeyFile?: string;
  /** PEM; the certificates that sign it behind it. */
  readonly certificateFile?: string;
  /** PKCS #12; without the two above. */
  readonly keystore?: string;
  /** Of the keystore. */
  readonly keystorePass: string;
  /** Certificates that sign those of clients. */
  readonly clientCaFile?: string;
}

/** What was read. */
export interface Certificates {
  /** For `tls.createSecureContext`. */
  readonly context: SecureContextOptions;
  /** The server's own certificate. */
  readonly own: X509Certificate;
  /** What is odd about it now, a sentence each. */
  readonly warnings: readonly string[];
}

/** @throws TlsError */
export function readCertificates(files: CertificateFiles): Certificates {
  const { own, context } =
    files.keystore === undefined ? readPemPair(files) : readKeystore(files.keystore, files.keystorePass);
  const ca = files.clientCaFile === undefined ? undefined : readClientCa(files.clientCaFile);
  const options: SecureContextOptions = { ...context, ...(ca && { ca }), minVersion: 'TLSv1.2' };
  try {
    createSecureContext(options);
  } catch (error) {
    throw new TlsError(`The certificate of "${nameOf(own)}" cannot be used: ${messageOf(error)}.`, { cause: error });
  }
  return { context: options, own, warnings: warningsOf(own) };
}

function readPemPair({ privateKeyFile = '', certificateFile = '' }: CertificateFiles): Omit<Certificates, 'warnings'> {
  const key = readTlsFile('private_key_file', privateKeyFile);
  const cert = readTlsFile('certificate_file', certificateFile);
  const chain = parseCertificates('certificate_file', certificateFile, cert);
  const [own] = chain;
  if (own === undefined) throw noCertificate('certificate_file', certificateFile);
  const privateKey = parseKey(privateKeyFile, key);
  if (!own.checkPrivateKey(privateKey)) throw misfit(chain, privateKey, { privateKeyFile, certificateFile });
  return { own, context: { key, cert } };
}

function parseKey(file: string, content: Buffer): KeyObject {
  const text = content.toString('latin1');
  const plain = `openssl pkey -in ${file} -out plain-key.pem`;
  if (/-----BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(text))
    throw new TlsError(`private_key_file: the key in ${file} is encrypted. Write it without a passphrase: ${plain}`);
  try {
    return createPrivateKey(content);
  } catch (error) {
    const isBinary = !text.includes('-----BEGIN');
    const advice = isBinary ? ` If it is one in DER: openssl pkey -inform DER -in ${file} -out key.pem` : '';
    throw new TlsError(`private_key_file: ${file} has no private key in PEM (${messageOf(error)}).${advice}`, {
      cause: error,
    });
  }
}

const PEM_CERTIFICATE = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[\s\S]*?-----END (?:TRUSTED )?CERTIFICATE-----/g;

function parseCertificates(key: string, file: string, content: Buffer): X509Certificate[] {
  try {
    return (content.toString('latin1').match(PEM_CERTIFICATE) ?? []).map((pem) => new X509Certificate(pem));
  } catch (error) {
    throw new TlsError(`${key}: a certificate in ${file} is damaged (${messageOf(error)}).`, { cause: error });
  }
}

function noCertificate(key: string, file: string): TlsError {
  const advice = `If it is one in DER: openssl x509 -inform DER -in ${file} -out certificate.pem`;
  return new TlsError(`${key}: ${file} has no certificate in PEM. ${advice}`);
}

interface PairFiles {
  readonly privateKeyFile: string;
  readonly certificateFile: string;
}

function misfit(chain: readonly X509Certificate[], key: KeyObject, files: PairFiles): TlsError {
  const { privateKeyFile, certificateFile } = files;
  const isLater = chain.some((each) => each.checkPrivateKey(key));
  const reason = isLater
    ? `fits a certificate in ${certificateFile}, but not the first: the server's own comes first, those that sign it follow.`
    : `does not fit the certificate in ${certificateFile}. Name two files that were made for each other.`;
  return new TlsError(`private_key_file: the key in ${privateKeyFile} ${reason}`);
}

function readClientCa(file: string): Buffer {
  const content = readTlsFile('client_ca_file', file);
  if (parseCertificates('client_ca_file', file, content).length === 0) throw noCertificate('client_ca_file', file);
  return content;
}

function warningsOf(own: X509Certificate): string[] {
  const now = Date.now();
  const [from, to] = [Date.parse(own.validFrom), Date.parse(own.validTo)];
  if (now > to) return [`The certificate of "${nameOf(own)}" expired on ${own.validTo}: clients will refuse it.`];
  if (now < from)
    return [`The certificate of "${nameOf(own)}" does not count before ${own.validFrom}: clients will refuse it.`];
  return [];
}

function nameOf({ subject, subjectAltName }: X509Certificate): string {
  return (subject || subjectAltName || 'nobody').replaceAll('\n', ', ');
}
