/** Asks the check process of the handlers package: native code and an author's code run there, so that neither can harm this one. */
import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import type { Manifest } from './format/manifest.ts';
import { PackagingError, type PackagingErrorCode } from './packaging-error.ts';

/** What can be asked. */
export type CheckRequest =
  /** Does the ONNX file open? */
  | { readonly kind: 'model'; readonly path: string }
  /** Does the handler import, and export what a handler must? */
  | { readonly kind: 'handler'; readonly modelDir: string; readonly handler: string };

export type Signature = NonNullable<Manifest['model']['signature']>;

interface CheckReplies {
  /** `externalData`: paths relative to the folder of the model. */
  readonly model: { readonly ok: true; readonly signature: Signature; readonly externalData?: readonly string[] };
  readonly handler: { readonly ok: true };
}

interface CheckFailure {
  readonly ok: false;
  readonly error: { readonly message: string };
}

/** How long to wait, and what to call the thing in messages. */
export interface CheckOptions {
  /** `model.onnx`, `handler.ts`. */
  readonly subject: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

const ERROR_CODES = { model: 'invalid_model', handler: 'invalid_handler' } as const satisfies Record<
  CheckRequest['kind'],
  PackagingErrorCode
>;
const TASKS = { model: 'open', handler: 'import' } as const;

/**
 * Runs one check in a child process that ends with it.
 * @throws PackagingError with the check's own words, or when the child crashed or took too long
 */
export async function check<T extends CheckRequest>(request: T, options: CheckOptions): Promise<CheckReplies[T['kind']]> {
  const outcome = await ask(request, options);
  options.signal?.throwIfAborted();
  if (outcome.reply?.ok === true) return outcome.reply as CheckReplies[T['kind']];
  throw new PackagingError(ERROR_CODES[request.kind], problemOf(outcome, request, options));
}

interface Outcome {
  readonly reply?: CheckReplies[CheckRequest['kind']] | CheckFailure;
  /** How the child ended when it did not reply: `signal SIGSEGV`, `exit code 1`. */
  readonly death?: string;
  readonly timedOut: boolean;
  /** The end of what it printed. */
  readonly output: string;
}

async function ask(request: CheckRequest, { timeout, signal }: CheckOptions): Promise<Outcome> {
  const child = startCheckProcess();
  const output = lastOutput(child);
  const end = (): boolean => child.kill('SIGKILL');
  let timedOut = false;
  const timer = setTimeout(() => (timedOut = end()), timeout);
  signal?.addEventListener('abort', end, { once: true });
  try {
    return await new Promise<Outcome>((resolve, reject) => {
      child.once('message', (reply) => resolve({ reply: reply as Outcome['reply'], timedOut, output: output() }));
      child.once('close', (code, name) => resolve({ death: death(code, name), timedOut, output: output() }));
      child.once('error', reject);
      child.send(request, () => {});
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
    end();
  }
}

function startCheckProcess(): ChildProcess {
  const script = createRequire(import.meta.url).resolve('@marserve/handlers/check');
  return fork(script, [], {
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
  });
}

const OUTPUT_KEPT = 2000;

function lastOutput(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => (text = (text + chunk).slice(-OUTPUT_KEPT)));
  }
  return () => text.trim();
}

function death(code: number | null, signal: string | null): string {
  return signal === null ? `exit code ${code}` : `signal ${signal}`;
}

function problemOf({ reply, death, timedOut, output }: Outcome, { kind }: CheckRequest, { subject, timeout }: CheckOptions): string {
  const skip = 'Use --no-validate to skip this check.';
  if (reply?.ok === false) return `${subject}: ${reply.error.message}`;
  const printed = output === '' ? '' : `\nIt printed:\n${output}`;
  if (timedOut) {
    return `${subject} did not ${TASKS[kind]} within ${timeout / 1000} s and was stopped. ${skip}${printed}`;
  }
  return `${subject}: the process that was to ${TASKS[kind]} it ended with ${death} and no answer. ${skip}${printed}`;
}
