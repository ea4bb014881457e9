/** The daemon's process, its files and its workers' environment. */
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ConfigKeys } from '../config-key.ts';
import { boolean, filePath, integer, pattern } from '../value-types.ts';

/** The keys of processes, files and environments. */
export const PROCESS_KEYS = {
  pid_file: {
    type: filePath,
    default: path.join(tmpdir(), '.model_server.pid'),
    defaultInWords: '`.model_server.pid` in the temporary folder',
    flag: true,
    description: 'Names the running daemon for `--stop` and `--status`; a second start on the same file refuses.',
  },
  work_dir: {
    type: filePath,
    defaultInWords: 'the temporary folder',
    flag: true,
    description:
      'Folder in which archives are unpacked. What is put there goes when the server stops. Servers may share it, also those of several containers: each owns its folder in it while it runs (by a socket, so the file system must be a local one), and the next deletes what one that was killed has left.',
  },
  shutdown_timeout: {
    type: integer({ unit: 'seconds' }),
    default: '60',
    flag: true,
    description: 'How long a stop waits for the requests in flight.',
  },
  frontends: {
    type: integer({ min: 1 }),
    defaultInWords: '1 on up to 4 cores, else one for every two cores, 16 at most',
    flag: true,
    description:
      'How many processes read requests and write answers, and share the inference addresses and all workers; 64 at most. See [server.md](server.md#front-ends).',
  },
  worker_env_vars: {
    type: pattern,
    default: '',
    defaultInWords: 'none',
    description:
      'Names of environment variables that handlers see beside those of [handlers.md](handlers.md#environment-variables); a name counts when the expression is found in it: `^(AWS_.*|HTTPS_PROXY)$`.',
  },
  blacklist_env_vars: {
    type: pattern,
    default: '',
    defaultInWords: 'none',
    description:
      'Names of environment variables that handlers do not see, whatever allows them. It hides them from `process.env` and what reads it, not from code that looks for them: see [handlers.md](handlers.md#environment-variables).',
  },
  enable_envvars_config: {
    type: boolean,
    default: 'false',
    description: 'Whether `TS_…` environment variables set keys; they then win over flags and file.',
  },
} satisfies ConfigKeys;
