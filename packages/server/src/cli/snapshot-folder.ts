/** Which folder the daemon's snapshots are in; one daemon at a time has it. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { claimPidFile, findDaemon } from './pid-file.ts';

/** A folder that this daemon alone writes to. */
export interface SnapshotFolder {
  /** Absolute path. */
  readonly folder: string;
  /** Lets another daemon have it. */
  release(): void;
}

/** @returns undefined when another daemon has it, whose models this one would restore */
export function claimSnapshotFolder(logger: Logger): SnapshotFolder | undefined {
  const folder = path.resolve(process.env.LOG_LOCATION || 'logs', 'config');
  const ownerFile = path.join(folder, '.daemon');
  try {
    mkdirSync(folder, { recursive: true });
    const owner = findDaemon(ownerFile);
    if (owner === undefined) {
      const claimed = claimPidFile(ownerFile);
      return { folder, release: () => claimed.release() };
    }
    const facts = { folder, pid: owner.pid, advice: 'set LOG_LOCATION to a folder of its own for each server' };
    logger.warn('another server has the folder of snapshots: none are read or written', facts);
    return undefined;
  } catch (error) {
    logger.error('the folder of snapshots cannot be written', { folder, reason: messageOf(error) });
    return { folder, release() {} };
  }
}
