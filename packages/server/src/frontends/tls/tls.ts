/** TLS for every listener: one certificate, read anew when its files change, and who may connect. */
import { unwatchFile, watchFile } from 'node:fs';
import type { Server, TLSSocket, TlsOptions } from 'node:tls';
import { messageOf } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { readCertificates, type CertificateFiles, type Certificates } from './read-certificates.ts';

/** The files, and who may connect. */
export interface TlsSettings extends CertificateFiles {
  /** Whether clients need a certificate that `clientCaFile` signs, or may have one. */
  readonly clientCertificates: 'required' | 'optional';
}

/** The certificate of a server. */
export interface Tls {
  /** For `tls.createServer` and whatever is made like it. */
  serverOptions(): TlsOptions;
  /** Gives a server each new certificate, and closes connections of clients that may not connect. */
  guard(server: Server): void;
  /** Reads the files anew; connections stay. What cannot be used is logged, and the former certificate is served on. */
  reload(): void;
  /** Watches the files no more. */
  close(): void;
}

/** How often the files are looked at; systems that tell of changes do not tell of all. */
const WATCH_MS = 1000;

/** @throws TlsError when the files cannot be used */
export function createTls(settings: TlsSettings, logger: Logger): Tls {
  const { privateKeyFile, certificateFile, keystore, clientCaFile } = settings;
  const asksClients = clientCaFile !== undefined;
  const servers = new Set<Server>();
  let current = readCertificates(settings);
  warn(current, logger);
  const reload = () => {
    try {
      current = readCertificates(settings);
      for (const server of servers) server.setSecureContext(current.context);
      logger.info('the certificate was read anew', { validTo: current.own.validTo });
      warn(current, logger);
    } catch (error) {
      logger.error('the new certificate cannot be used; the former one is served on', { reason: messageOf(error) });
    }
  };
  const files = [privateKeyFile, certificateFile, keystore, clientCaFile].flatMap((file) => file ?? []);
  const stopWatching = watch(files, reload);
  return {
    // Whether a client's certificate is right is seen to by guard(), which knows more.
    serverOptions: () => ({ ...current.context, requestCert: asksClients, rejectUnauthorized: false }),
    guard(server) {
      servers.add(server);
      server.once('close', () => servers.delete(server));
      if (!asksClients) return;
      server.on('secureConnection', (socket: TLSSocket) => {
        const problem = clientProblem(socket, current, settings.clientCertificates);
        if (problem === undefined) return;
        logger.debug('a client was not let in', { reason: problem, remote: socket.remoteAddress });
        socket.destroy();
      });
    },
    reload,
    close: stopWatching,
  };
}

function warn({ warnings }: Certificates, logger: Logger): void {
  for (const warning of warnings) logger.warn(warning);
}

/** Key and certificate are rarely exchanged at the same moment: what changed is read when it has been as it is for a while. */
function watch(files: readonly string[], onChange: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const listener = () => {
    clearTimeout(timer);
    timer = setTimeout(onChange, WATCH_MS).unref();
  };
  for (const file of files) watchFile(file, { interval: WATCH_MS, persistent: false }, listener);
  return () => {
    clearTimeout(timer);
    for (const file of files) unwatchFile(file, listener);
  };
}

/** Who has the server's own key may ask, too: `model-server --status` does. */
function clientProblem(
  socket: TLSSocket,
  { own }: Certificates,
  need: TlsSettings['clientCertificates'],
): string | undefined {
  if (socket.authorized) return undefined;
  const shown = socket.getPeerX509Certificate();
  if (shown === undefined) return need === 'required' ? 'it has no certificate' : undefined;
  return shown.fingerprint256 === own.fingerprint256 ? undefined : String(socket.authorizationError);
}
