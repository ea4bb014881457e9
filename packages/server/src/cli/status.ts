/** `--status`: what there is to say about the running daemon and its models. */
import type { SecureContextOptions } from 'node:tls';
import type { ControlConfig } from '../config/load.ts';
import { messageOf } from '../core/errors.ts';
import { askHealth, type ReportedModel } from './ask-health.ts';
import { facts } from './facts.ts';
import { findDaemon } from './pid-file.ts';

/** What `--status` answers. */
export interface Status {
  /** Decides the exit code. */
  readonly state: 'ready' | 'not ready' | 'not running';
  /** Lines for people. */
  readonly text: string;
}

/** Asks the daemon of the pid file over its inference address; one that does not answer is not ready. */
export async function status(config: ControlConfig): Promise<Status> {
  const { pidFile } = config;
  const daemon = findDaemon(pidFile);
  if (daemon === undefined) return { state: 'not running', text: 'model-server is not currently running.' };
  const { pid, startedAt, addresses } = daemon;
  const uptime = duration(Date.now() - Date.parse(startedAt));
  const shown = facts({ pid: String(pid), uptime, ...addresses });
  const { state, headline, models } = await ask(addresses?.inference, config);
  return { state, text: [headline, shown, ...(models.length === 0 ? [] : [modelLines(models)])].join('\n') };
}

interface Answer extends Pick<Status, 'state'> {
  readonly headline: string;
  readonly models: readonly ReportedModel[];
}

async function ask(address: string | undefined, config: ControlConfig): Promise<Answer> {
  const none = { state: 'not ready', models: [] } as const;
  if (address === undefined) return { ...none, headline: 'model-server is starting.' };
  try {
    const { isReady, models } = await askHealth(address, await ownCertificate(config));
    if (isReady) return { state: 'ready', headline: 'model-server is running.', models };
    return { state: 'not ready', headline: 'model-server is running, but not ready.', models };
  } catch (error) {
    return { ...none, headline: `model-server is running, but does not answer: ${messageOf(error)}.` };
  }
}

/** Where clients need a certificate, the server's own will do; without it the server says so. */
async function ownCertificate(config: ControlConfig): Promise<SecureContextOptions> {
  if (config.clientCaFile === undefined) return {};
  const { readCertificates } = await import('../frontends/tls/read-certificates.ts');
  try {
    const { pfx, passphrase, cert, key } = readCertificates(config).context;
    return { pfx, passphrase, cert, key };
  } catch {
    return {};
  }
}

function modelLines(models: readonly ReportedModel[]): string {
  return facts(
    Object.fromEntries(
      models.map(({ modelName, modelVersion, archive, state, reason }) => {
        const label = archive ?? `${modelName} ${modelVersion}`;
        return [label, reason === undefined ? state : `${state}: ${reason}`];
      }),
    ),
  );
}

/** The two largest units: `2 d 3 h`, `5 min 1 s`. */
function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  const shown = first === -1 ? parts.slice(-1) : parts.slice(first, first + 2);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ');
}
