/** What a daemon tells the command that started it in the background. */
import type { StartupOutcome } from '../startup-models.ts';
import type { Addresses } from './pid-file.ts';

/** One message over the channel between the two processes. */
export type StartReport =
  | ListeningReport
  | { readonly kind: 'outcome'; readonly outcome: StartupOutcome }
  /** The message says what to do. */
  | { readonly kind: 'failed'; readonly message: string };

/** The daemon answers; outcomes of its models may come earlier. */
export interface ListeningReport {
  readonly kind: 'listening';
  /** Where each API is served, as URLs. */
  readonly addresses: Addresses;
  /** Labels of the models that are being loaded; each gets one outcome. */
  readonly models: readonly string[];
}

/** Resolves when the report is sent, or nobody listens any more. */
export function sendReport(report: StartReport): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected) return resolve();
    process.send?.(report, undefined, undefined, () => resolve());
  });
}

/** Closes the channel, which would keep the daemon alive. */
export function endReports(): void {
  if (process.connected) process.disconnect();
}
