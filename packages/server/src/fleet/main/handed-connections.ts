/**
 * Connections on their way to a front end. `node:cluster` forgets one whose process dies before it has taken it: it stays open, and
 * its client waits for ever. What this looks at is between Node's two halves of a cluster (`lib/internal/cluster`), the same from 14 to 24.
 */
import type { ChildProcess } from 'node:child_process';

/** A connection without an owner in this process. */
interface Handle {
  close(): void;
}

/** What the half here says, and the other half answers. */
interface ClusterMessage {
  readonly act?: string;
  readonly seq?: number;
  readonly ack?: number;
}

/** Closes those that the process has not taken when it dies: their clients see it, and may connect again. */
export function closeUntaken(child: ChildProcess): void {
  const untaken = new Map<number, Handle>();
  const send = child.send.bind(child) as (...args: unknown[]) => boolean;
  child.send = (...args: unknown[]) => {
    const [{ act, seq }, handle] = args as [ClusterMessage, Handle | undefined];
    if (act === 'newconn' && seq !== undefined && handle !== undefined) untaken.set(seq, handle);
    return send(...args);
  };
  child.on('internalMessage', ({ ack }: ClusterMessage) => {
    if (ack !== undefined) untaken.delete(ack);
  });
  child.once('exit', () => {
    for (const handle of untaken.values()) handle.close();
    untaken.clear();
  });
}
