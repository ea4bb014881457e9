/** The certificate of the server, where a listener needs one. */
import type { ServerConfig } from './config/schema.ts';
import type { Logger } from './core/logger.ts';
import { createTls, type Tls } from './frontends/tls/tls.ts';

/** @throws TlsError when its files cannot be used */
export function createServerTls(config: ServerConfig, logger: Logger): Tls | undefined {
  const { inferenceAddress, managementAddress, metricsAddress, privateKeyFile, certificateFile } = config;
  const addresses = [inferenceAddress, managementAddress, metricsAddress];
  const isForGrpc = config.enableGrpc && config.enableGrpcSsl;
  if (!isForGrpc && !addresses.some((address) => 'isTls' in address)) return undefined;
  // As in TorchServe, they win over a keystore.
  const isPair = privateKeyFile !== undefined && certificateFile !== undefined;
  return createTls(
    {
      ...(isPair ? { privateKeyFile, certificateFile } : { keystore: config.keystore }),
      keystorePass: config.keystorePass,
      clientCaFile: config.clientCaFile,
      clientCertificates: config.clientCertificates,
    },
    logger,
  );
}
