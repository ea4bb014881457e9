/** What Linux tells of a process in one line. */

/** Fields of `/proc/PID/stat`; undefined where the line is too short. */
export interface ProcessStat {
  /** One letter; Z is a zombie: it has ended, and nobody has collected it. */
  readonly state: string | undefined;
  /** Id of the process that led its session. */
  readonly session: string | undefined;
  /** In clock ticks since the system started. */
  readonly startTime: string | undefined;
}

/** proc(5): the second field is the program's name in parentheses, which may hold anything; the others follow it. */
export function parseProcessStat(line: string): ProcessStat {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0], session: fields[3], startTime: fields[19] };
}
