/** A small file system that is there for one process and its children alone, and gone with the last of them: Linux, by unshare. */
import { spawnSync } from 'node:child_process';
import { rm, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';

const BALLAST = 'ballast';
const SCRIPT = 'mount -t tmpfs -o "size=$1" none "$2" && shift 2 && exec "$@"';

/** Command line that runs a further one, which follows, with a disk of `bytes` at `mountPoint`; see `prefix` of `DaemonOptions`. */
export function smallDiskPrefix(bytes: number, mountPoint: string): string[] {
  return ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', SCRIPT, 'sh', String(bytes), mountPoint];
}

/** Why there can be none; undefined when there can. */
export function whyNoSmallDisk(): string | undefined {
  const [command = '', ...args] = smallDiskPrefix(2 ** 16, '/tmp');
  const { status, stderr, error } = spawnSync(command, [...args, 'true'], { encoding: 'utf8' });
  return status === 0 ? undefined : `no file system can be mounted here (${error?.message ?? stderr.trim()})`;
}

export interface SmallDisk {
  /** Where it can be seen from outside. */
  readonly folder: string;
  /** Leaves so many bytes free, more or less. */
  fill(free: number): Promise<void>;
  /** Takes back what `fill` did. */
  clear(): Promise<void>;
}

/** The disk that a process was started with. */
export function smallDiskOf(pid: number, mountPoint: string): SmallDisk {
  const folder = path.join(`/proc/${pid}/root`, mountPoint);
  const ballast = path.join(folder, BALLAST);
  return {
    folder,
    async fill(free) {
      const { bavail, bsize } = await statfs(folder);
      await writeFile(ballast, Buffer.alloc(Math.max(0, bavail * bsize - free)));
    },
    clear: () => rm(ballast, { force: true }),
  };
}
