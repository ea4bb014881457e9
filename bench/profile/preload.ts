/**
 * Loaded into the server and its workers by `--profile`: samples what the process does and writes it at its end, as a
 * `.cpuprofile` that Chrome's developer tools and editors open. (Node takes no `--cpu-prof` from NODE_OPTIONS.)
 */
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import path from 'node:path';
import { PROFILE_FOLDER } from './environment.ts';

const folder = process.env[PROFILE_FOLDER];
if (folder !== undefined) record(folder);

function record(folder: string): void {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.start');
  process.once('exit', () => {
    session.post('Profiler.stop', (error, { profile }) => {
      if (error !== null) throw error;
      const program = path.basename(process.argv[1] ?? 'node', '.js').replace('main', 'worker');
      writeFileSync(path.join(folder, `${program}-${process.pid}.cpuprofile`), JSON.stringify(profile));
    });
  });
}
