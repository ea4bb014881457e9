/** Asks the check process of the handlers package: native code and an author's code run there, so that neither can harm this one. */
import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import type { CheckReply, CheckRequest, HandlerChecked, ModelChecked } from '@marserve/handlers/check';
import { PackagingError, type PackagingErrorCode } from '../packaging-error.ts';

interface CheckReplies {
  readonly model: ModelChecked;
  readonly handler: HandlerChecked;
  readonly 'built-in': HandlerChecked;
  readonly functions: HandlerChecked;
}

/** How long to wait, and what to call the thing in messages. */
export interface CheckOptions {
  /** `model.onnx`, `handler.ts`. */
  readonly subject: string;
  /** Milliseconds. */
  readonly timeout: number;
  /** Ends the process; the check rejects then. */
  readonly signal?: AbortSignal;
  /** Makes messages fit for the author, who knows nothing of temporary folders. */
  readonly rewrite?: (message: string) => string;
}

const ERROR_CODES = {
  model: 'invalid_model',
  handler: 'invalid_handler',
  'built-in': 'invalid_model',
  functions: 'invalid_handler',
} as const satisfies Record<CheckRequest['kind'], PackagingErrorCode>;
const TASKS = { model: 'open', handler: 'import', 'built-in': 'load', functions: 'import' } as const;

/**
 * Runs one check in a child process that ends with it.
 * @throws PackagingError with the check's own words, or when the child crashed or took too long
 */
export async function check<T extends CheckRequest>(
  request: T,
  options: CheckOptions,
): Promise<CheckReplies[T['kind']]> {
  options.signal?.throwIfAborted();
  const outcome = await ask(request, options);
  options.signal?.throwIfAborted();
  if (outcome.reply?.ok === true) return outcome.reply as CheckReplies[T['kind']];
  const problem = problemOf(outcome, request, options);
  throw new PackagingError(ERROR_CODES[request.kind], options.rewrite?.(problem) ?? problem);
}

interface Outcome {
  readonly reply?: CheckReply;
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
      child.once('message', (reply) => resolve({ reply: reply as CheckReply, timedOut, output: output() }));
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

function problemOf(
  { reply, death, timedOut, output }: Outcome,
  { kind }: CheckRequest,
  { subject, timeout }: CheckOptions,
): string {
  const skip = 'Use --no-validate to skip this check.';
  if (reply?.ok === false) {
    const { message } = reply.error;
    return message.startsWith(basename(subject)) ? message : `${subject}: ${message}`;
  }
  const printed = output === '' ? '' : `\nIt printed:\n${output}`;
  if (timedOut) {
    return `${subject} did not ${TASKS[kind]} within ${timeout / 1000} s and was stopped. ${skip}${printed}`;
  }
  return `${subject}: the process that was to ${TASKS[kind]} it ended with ${death} and no answer. ${skip}${printed}`;
}
