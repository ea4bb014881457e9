/** What a file in `peers/` says: a server that users would pick instead, and how it is set up at its best. */
import type { Bench } from '../bench.ts';
import type { LoadBody } from '../load.ts';
import type { ModelName } from '../models/models.ts';

export interface Peer {
  /** As `--peers` takes it. */
  readonly name: string;
  /** Makes ready what its servers need, where that is not there yet. @throws Error with the reason why it cannot be had */
  prepare(preparation: Preparation): Promise<PreparedPeer>;
}

export interface Preparation {
  /** Hears what takes long. */
  readonly onStep: (step: string) => void;
  /** Ends what takes long. */
  readonly signal: AbortSignal;
  /** Path of the binary, where one was given. */
  readonly onnxruntimeServer?: string;
}

export interface PreparedPeer {
  /** What takes part, with its version. */
  readonly versions: Readonly<Record<string, string>>;
  readonly contenders: readonly Contender[];
}

/** A server in one of its settings: a row of the table. */
export interface Contender {
  /** Unique in a run. */
  readonly label: string;
  /** What is set, in one line, so that anyone can judge the fairness. */
  readonly settings: string;
  /** Whether the answers are those of the model; default true. */
  readonly isPredicting?: boolean;
  /** Starts it with these models, and ends it with the bench; does not wait until it answers. */
  readonly start: (bench: Bench, models: readonly ModelName[]) => Promise<PeerServer>;
}

export interface PeerServer {
  /** The root of its tree of processes. */
  readonly pid: number;
  /** When the process was started, by `performance.now()`. */
  readonly started: number;
  /** Rejects when the process ends. */
  readonly ended: Promise<never>;
  /** The end of its log, where it has one. */
  readonly logEnd?: () => Promise<string>;
  /** What a request for this model is. */
  request(model: ModelName): Promise<PeerRequest>;
  /** The row of the model's output in the parsed body of an answer. */
  readonly rowOf: (answer: unknown) => unknown;
  /** Ends it, with all its processes. */
  close(): Promise<void>;
}

export interface PeerRequest extends LoadBody {
  readonly url: string;
}
