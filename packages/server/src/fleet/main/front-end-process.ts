/** One front end as the main process sees it: its process, what it was told, what it has said. */
import cluster, { type Worker } from 'node:cluster';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { LeavingCaller } from '../../core/jobs/leaving-caller.ts';
import type { CallResult, FrontEndCounts, FrontEndMessage, MainMessage, RegistryState } from '../messages.ts';
import { closeUntaken } from './handed-connections.ts';

/** Who hears of it. */
export interface FrontEndProcessOptions {
  /** From 1. */
  readonly number: number;
  /** Called with what it says, but for what is kept here. */
  readonly onMessage: (message: FrontEndMessage, process: FrontEndProcess) => void;
  /** Called after each change of what it holds or has seen. */
  readonly onChange: () => void;
  /** Takes lines of its log, with their ends. */
  readonly onLog: (lines: string) => void;
  /** Takes what it says beside its log. */
  readonly onError: (line: string) => void;
  /** Called when it is gone. @param how exit code or signal */
  readonly onExit: (how: string, process: FrontEndProcess) => void;
}

/** Whoever says nothing for so many of these stands still. */
const LOOK_MS = 1000;
const MOST_SILENT_LOOKS = 5;

/** By its name, since the daemon may run from its bundle. */
const PROGRAM = createRequire(import.meta.url).resolve('@marserve/server/front-end');

/** From its start to its end. */
export class FrontEndProcess {
  /** From 1. */
  readonly number: number;
  /** Those who wait for what it has asked, by its number for the call. */
  readonly callers = new Map<number, LeavingCaller>();
  readonly #worker: Worker;
  readonly #questions = new Map<number, (counts: FrontEndCounts | undefined) => void>();
  #seen = 0;
  #seats: ReadonlySet<number> = new Set();
  #isGone = false;
  #last = 0;
  #silentLooks = 0;
  #watching: NodeJS.Timeout | undefined;

  constructor(options: FrontEndProcessOptions) {
    this.number = options.number;
    // Each connection goes to the next front end: left to the system, some would have most of them.
    cluster.schedulingPolicy = cluster.SCHED_RR;
    cluster.setupPrimary({ exec: PROGRAM, args: [], silent: true, serialization: 'advanced' });
    this.#worker = cluster.fork();
    closeUntaken(this.#worker.process);
    this.#listen(options);
  }

  /** Undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#worker.process.pid;
  }

  /** Whether its process has ended. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Whether it has taken over what the registry was then. */
  hasSeen(revision: number): boolean {
    return this.#isGone || this.#seen >= revision;
  }

  /** Whether it is connected to a worker. */
  holds(seat: number): boolean {
    return !this.#isGone && this.#seats.has(seat);
  }

  /** Does nothing when it is gone. */
  send(message: MainMessage): void {
    // Whoever waits for an answer hears of its end.
    if (!this.#isGone && this.#worker.isConnected()) this.#worker.send(message, () => {});
  }

  /** Tells it what the registry is now. */
  sendState(revision: number, state: RegistryState): void {
    this.send({ kind: 'state', revision, state });
  }

  /** What it has counted since it was last asked; undefined when it is gone. */
  counts(): Promise<FrontEndCounts | undefined> {
    if (this.#isGone) return Promise.resolve(undefined);
    const question = (this.#last += 1);
    return new Promise((resolve) => {
      this.#questions.set(question, resolve);
      this.send({ kind: 'count', question });
    });
  }

  /** Someone who waits there. */
  caller(call: number): LeavingCaller {
    const caller = new LeavingCaller();
    this.callers.set(call, caller);
    return caller;
  }

  /** Where the results of a call go. */
  resultsOf(call: number): (result: CallResult) => void {
    return (result) => this.send({ kind: 'result', call, result });
  }

  /** Ends it at once. */
  kill(): void {
    this.#worker.process.kill('SIGKILL');
  }

  #listen({ onMessage, onChange, onLog, onError, onExit }: FrontEndProcessOptions): void {
    const { process: child } = this.#worker;
    passLines(child.stdout, onLog);
    if (child.stderr) createInterface({ input: child.stderr }).on('line', onError);
    this.#worker.on('error', ({ message }) => onError(message));
    this.#worker.on('message', (message: FrontEndMessage) => {
      this.#silentLooks = 0;
      if (message.kind === 'listening') this.#watch(onError);
      if (message.kind === 'holds') {
        this.#seen = message.revision;
        this.#seats = new Set(message.seats);
        onChange();
      } else if (message.kind === 'counts') {
        this.#answer(message.question, message.counts);
      } else onMessage(message, this);
    });
    this.#worker.once('exit', (code, signal) => {
      this.#isGone = true;
      clearInterval(this.#watching);
      for (const question of this.#questions.keys()) this.#answer(question, undefined);
      for (const caller of this.callers.values()) caller.leave();
      onChange();
      onExit(signal ?? `exit code ${code}`, this);
    });
  }

  /** Looks are counted and not the time: this process may have stood still as well. */
  #watch(onError: FrontEndProcessOptions['onError']): void {
    this.#watching = setInterval(() => {
      this.send({ kind: 'ping' });
      this.#silentLooks += 1;
      if (this.#silentLooks <= MOST_SILENT_LOOKS) return;
      clearInterval(this.#watching);
      onError(`it has said nothing for ${(MOST_SILENT_LOOKS * LOOK_MS) / 1000} s, and is ended`);
      this.kill();
    }, LOOK_MS).unref();
  }

  #answer(question: number, counts: FrontEndCounts | undefined): void {
    this.#questions.get(question)?.(counts);
    this.#questions.delete(question);
  }
}

/** Whole lines, many at a time, unread. */
function passLines(stream: NodeJS.ReadableStream | null, onLines: (lines: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (text: string) => {
    const end = text.lastIndexOf('\n') + 1;
    if (end > 0) onLines(rest + text.slice(0, end));
    rest = end > 0 ? text.slice(end) : rest + text;
  });
}
