/** The end of a server whose listeners are closed. */
import type { ControlPlane } from './core/control-plane.ts';
import type { Tls } from './frontends/tls/tls.ts';
import type { PrometheusMetrics } from './observability/metrics/prometheus.ts';
import type { WorkDirectory } from './storage/work-directory.ts';
import type { TokenAuthorization } from './token-authorization.ts';
import type { ProcessSource } from './worker/host/process-source.ts';

/** What is to be ended. */
export interface ClosingParts {
  /** Finishes what is queued, and ends the workers. */
  readonly controlPlane: ControlPlane;
  /** Deletes its key file. */
  readonly tokens: TokenAuthorization;
  /** Watches its files no more. */
  readonly tls: Tls | undefined;
  /** Looks at the machine no more. */
  readonly metrics: PrometheusMetrics;
  /** Ends those that nobody has taken. */
  readonly processes: ProcessSource;
  /** Is deleted. */
  readonly workDirectory: WorkDirectory;
  /** Leaves what nobody caught to Node again. */
  readonly removeGuard: () => void;
}

/** What serves goes before what it needs. @param timeoutMs for what is still queued; it is answered then, as failed */
export async function dismantleAll(parts: ClosingParts, timeoutMs: number): Promise<void> {
  await parts.controlPlane.close(timeoutMs);
  parts.tokens.close();
  parts.tls?.close();
  parts.metrics.close();
  await parts.processes.close();
  await parts.workDirectory.remove();
  parts.removeGuard();
}
