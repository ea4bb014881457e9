/**
 * Names of snapshot files: `<yyyyMMddHHmmssSSS>-<kind>.cfg`, as TorchServe's, in UTC. They are in the order in which
 * they were written, whatever the clock did.
 */
import type { SnapshotKind } from '../../core/registry/registry-snapshot.ts';

const PATTERN = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})-(?:startup|snapshot|shutdown)\.cfg$/;

/** Those of the names that are snapshots', the newest first. */
export function newestFirst(names: readonly string[]): string[] {
  return names.filter((name) => PATTERN.test(name)).toSorted((a, b) => (a < b ? 1 : -1));
}

/** A name that is newer than all that are there. */
export function nextName(kind: SnapshotKind, names: readonly string[], now: Date): string {
  const [newest = ''] = newestFirst(names);
  const time = Math.max(now.getTime(), timeOf(newest) + 1);
  return `${new Date(time).toISOString().replaceAll(/\D/g, '')}-${kind}.cfg`;
}

/** Milliseconds since 1970. */
function timeOf(name: string): number {
  const [year = NaN, month = NaN, ...rest] = PATTERN.exec(name)?.slice(1).map(Number) ?? [];
  return name === '' ? -Infinity : Date.UTC(year, month - 1, ...rest);
}
