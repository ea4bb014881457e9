/** What a daemon tells the command that started it in the background. */
import type { Addresses } from './pid-file.ts';

export type StartReport =
  | { readonly kind: 'ready'; readonly addresses: Addresses }
  /** The message says what to do. */
  | { readonly kind: 'failed'; readonly message: string };

/** Sends the report and closes the channel, which would keep either process alive. */
export function sendReport(report: StartReport): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected) return resolve();
    process.send?.(report, undefined, undefined, () => {
      if (process.connected) process.disconnect();
      resolve();
    });
  });
}
