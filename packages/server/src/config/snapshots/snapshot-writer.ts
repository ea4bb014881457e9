/** Core's snapshot writer: one file at a time, and of the states that come meanwhile only the latest. */
import { messageOf } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { SnapshotKind, SnapshotWriter, VersionSnapshot } from '../../core/registry/registry-snapshot.ts';
import { addSnapshot } from './snapshot-folder.ts';

/** Where snapshots go, and what they say beside the registry. */
export interface SnapshotWriterOptions {
  /** Absolute path of the snapshots. */
  readonly folder: string;
  /** Key → text, of the configuration. */
  readonly properties: Readonly<Record<string, string>>;
  /** What `load_models` stands for: loaded when the snapshot of the start is written. */
  readonly named: readonly string[];
  /** Whether such an item could not be loaded: the next start tries again. */
  readonly hasFailed?: (item: string) => boolean;
  /** What was loaded before, by earlier servers. */
  readonly namedBefore: readonly string[];
  /** Is told when one cannot be written; the server goes on. */
  readonly logger: Logger;
}

interface State {
  readonly versions: readonly VersionSnapshot[];
  readonly kind: SnapshotKind;
}

/** A state that cannot be written is an error in the log: the server goes on without. */
export function createSnapshotWriter(options: SnapshotWriterOptions): SnapshotWriter {
  const { folder, properties, named, namedBefore, hasFailed = () => false, logger } = options;
  let isStarted = false;
  let latest: State | undefined;
  let running = Promise.resolve();
  let queued: Promise<void> | undefined;

  const writeLatest = async () => {
    const state = latest;
    queued = undefined;
    if (state === undefined) return;
    const { versions, kind } = state;
    const loadedArchives = isStarted ? named.filter((item) => !hasFailed(item)) : namedBefore;
    try {
      const snapshot = { versions, loadedArchives };
      await addSnapshot(folder, { kind, snapshot, properties, createdAt: new Date() });
    } catch (error) {
      logger.error('the snapshot could not be written: the next start will not know this change', {
        folder,
        reason: messageOf(error),
      });
    }
  };

  return {
    write(versions, kind) {
      isStarted ||= kind === 'startup';
      latest = { versions, kind };
      queued ??= running.then(writeLatest);
      running = queued;
      return queued;
    },
  };
}
