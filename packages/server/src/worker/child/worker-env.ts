/**
 * The environment of a worker: what programs and libraries need, and what the configuration adds. Credentials that the daemon
 * was started with are none of a handler's business.
 */

/** Names, and beginnings of names, that every worker gets. */
const ALLOWED = new RegExp(
  `^(?:${[
    'PATH|HOME|USER|LOGNAME|SHELL|HOSTNAME|PWD|TZ|LANG|LANGUAGE|LC_.*|TMPDIR|TMP|TEMP|XDG_.*',
    'NODE_.*|UV_.*|SSL_CERT_(?:FILE|DIR)|REQUESTS_CA_BUNDLE',
    'ORT_.*|OMP_.*|KMP_.*|GOMP_.*|MKL_.*|OPENBLAS_.*|VECLIB_.*|CUDA_.*|NVIDIA_.*|VIPS_.*',
    'LD_LIBRARY_PATH|LD_PRELOAD|DYLD_.*|MALLOC_.*|GLIBC_TUNABLES',
    'SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|APPDATA|LOCALAPPDATA|USERPROFILE',
  ].join('|')})$`,
);

/** Credentials whose names begin like those of a library: NODE_AUTH_TOKEN, NVIDIA_API_KEY, UV_PUBLISH_PASSWORD. */
const CREDENTIAL = /TOKEN|SECRET|PASS(?:WORD|WD|PHRASE)|CREDENTIAL|(?:API|ACCESS|AUTH|PRIVATE|LICENSE)_?KEY/i;

/** What the configuration says of the environment. */
export interface WorkerEnvOptions {
  /** Names of further variables that workers get (`worker_env_vars`); found anywhere in a name, unless it has anchors. */
  readonly passedEnv?: RegExp;
  /** Names of variables that they do not get, whatever allows them (`blacklist_env_vars`); found as above. */
  readonly hiddenEnv?: RegExp;
}

/** What of an environment a worker gets. */
export function workerEnv(
  env: NodeJS.ProcessEnv,
  { passedEnv, hiddenEnv }: WorkerEnvOptions,
): Readonly<Record<string, string | undefined>> {
  const isNeeded = (name: string) => ALLOWED.test(name) && !CREDENTIAL.test(name);
  const isPassed = (name: string) => isNeeded(name) || passedEnv?.test(name) === true;
  return Object.fromEntries(Object.entries(env).filter(([name]) => isPassed(name) && !hiddenEnv?.test(name)));
}
