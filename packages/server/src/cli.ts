/** `model-server`: what the command line asks for, results to lines, errors to exit codes (see EXIT). */
import { FrontEndError } from './fleet/front-end-error.ts';
import { CliError, UsageError } from './cli/cli-error.ts';
import { readCommandLine, type CommandLine } from './cli/flags.ts';
import { status } from './cli/status.ts';
import { stop } from './cli/stop.ts';
import { ConfigError } from './config/config-error.ts';
import { loadControlConfig } from './config/load.ts';
import { ListenError } from './frontends/connections/listen-error.ts';
import { TlsError } from './frontends/tls/tls-error.ts';
import { LogFileError } from './observability/logs/log-file-error.ts';
import { KeyFileError } from './storage/key-file-error.ts';

/** Marks the command line of a front end, which the main process starts; see bin/front-end.js. */
const FRONT_END_FLAG = '--as-front-end';

const EXIT = { done: 0, refused: 1, usage: 2, notRunning: 3, notReady: 4 } as const;

const STATUS_EXIT = { ready: EXIT.done, 'not ready': EXIT.notReady, 'not running': EXIT.notRunning } as const;

async function main(args: readonly string[]): Promise<number> {
  if (args[0] === FRONT_END_FLAG) {
    (await import('./front-end.ts')).runFrontEnd();
    return EXIT.done;
  }
  const line = await readCommandLine(args);
  return line === undefined ? EXIT.done : run(line, args);
}

async function run(line: CommandLine, args: readonly string[]): Promise<number> {
  const sources = { ...line, env: process.env, cwd: process.cwd() };
  switch (line.command) {
    case 'stop':
      return print(await stop(loadControlConfig(sources)));
    case 'status': {
      const { state, text } = await status(loadControlConfig(sources));
      print(text);
      return STATUS_EXIT[state];
    }
    case 'start': {
      if (line.isDryRun) return print(await (await import('./cli/dry-run.ts')).dryRun(sources));
      const { start } = await import('./cli/start.ts');
      return (await start({ ...line, sources, args })) ? EXIT.done : EXIT.notReady;
    }
  }
}

function print(text: string): number {
  process.stdout.write(`${text}\n`);
  return EXIT.done;
}

/** What users can mend is one message; anything else is a fault of this program, and shows where. */
function report(error: unknown): number {
  const isExpected = [CliError, ConfigError, FrontEndError, KeyFileError, ListenError, LogFileError, TlsError].some(
    (type) => error instanceof type,
  );
  const shown = error instanceof Error ? (isExpected ? error.message : error.stack) : String(error);
  process.stderr.write(`ERROR - ${shown}\n`);
  return error instanceof UsageError ? EXIT.usage : EXIT.refused;
}

// A reader that has seen enough, as in "model-server --help | head", is no failure, and must not end the daemon.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});
void main(process.argv.slice(2))
  .catch(report)
  .then((code) => (process.exitCode = code));
