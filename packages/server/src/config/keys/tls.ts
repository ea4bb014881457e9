/** TLS, for all addresses that begin with https, and for gRPC. */
import type { ConfigKeys } from '../config-key.ts';
import { boolean, filePath, oneOf, text } from '../value-types.ts';

/** The keys of certificates. */
export const TLS_KEYS = {
  enable_grpc_ssl: {
    type: boolean,
    default: 'false',
    description: 'Whether gRPC is encrypted, at both of its addresses, with the same certificate.',
  },
  certificate_file: {
    type: filePath,
    description:
      'Certificate of the server in PEM, and behind it those that sign it, for the addresses with `https://` and for gRPC. It is read anew when the file changes, and on SIGHUP. See [security.md](security.md#tls).',
  },
  private_key_file: {
    type: filePath,
    description: 'Key of the certificate in PEM, not encrypted.',
  },
  keystore: {
    type: filePath,
    description: 'PKCS #12 file with both, where there is no `certificate_file`.',
  },
  keystore_pass: {
    type: text,
    default: 'changeit',
    isSecret: true,
    description: 'Passphrase of the keystore.',
  },
  keystore_type: {
    type: oneOf('pkcs12', 'p12', 'jks'),
    default: 'pkcs12',
    description: 'What the keystore is; a Java keystore (JKS) must be converted.',
  },
  client_ca_file: {
    type: filePath,
    description: 'Certificates in PEM that sign those of clients: with it, clients are asked for a certificate.',
  },
  client_certificates: {
    type: oneOf('required', 'optional'),
    default: 'required',
    description:
      'Whether clients must have a certificate that `client_ca_file` signs, or may come without one. A wrong one is refused in any case.',
  },
} satisfies ConfigKeys;
