/** What becomes of one request in a graph: for metrics, and for Server-Timing. */
import type { HandlerMetrics } from '../handler.ts';
import { CLIENT } from './step-names.ts';
import { TurnCounts } from './turn-counts.ts';

/** A step of a graph, or a unit of one of Seldon's. */
export interface TracedStep {
  /** What it is called where it has no name of its own. */
  readonly name: string;
  /** What it does. */
  readonly kind?: string;
}

/** Whose request it is. */
export interface GraphTraceOptions {
  /** Of steps whose names others have as well. */
  readonly names: ReadonlyMap<TracedStep, string>;
  /** Of the graph. */
  readonly metrics: HandlerMetrics;
}

/** A question to a node that is over. */
export interface NodeAnswer {
  /** Who was asked. */
  readonly step: TracedStep;
  /** How long it took. */
  readonly ms: number;
  /** Whether there was no answer. */
  readonly failed: boolean;
}

/** What may become of a step beside its answer: it is run again, its fallback is, or the graph goes on without it. */
export type StepEvent = 'retries' | 'fallbacks' | 'soft_failures';

interface Asked {
  readonly node: string;
  readonly ms: number;
  readonly failed: boolean;
}

interface Counted {
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** Metrics are told when the request is over, with those of others; what happens later, such as the answer of one that is not waited for, at once. */
export class GraphTrace {
  readonly #options: GraphTraceOptions;
  /** All questions that are over; of those that come after the end none. */
  readonly #asked: Asked[] = [];
  readonly #counted: Counted[] = [];
  #isOver = false;

  constructor(options: GraphTraceOptions) {
    this.#options = options;
  }

  /** The request goes from step to step; undefined for the client on either side. */
  went(from: TracedStep | undefined, to: TracedStep | undefined): void {
    // A sequence is no place: its steps are.
    if (to?.kind === 'sequence') return;
    this.#count('graph_edge_requests_total', { from: this.#nameOf(from), to: this.#nameOf(to) });
  }

  /** A node was asked. */
  asked({ step, ms, failed }: NodeAnswer): void {
    const asked = { node: this.#nameOf(step), ms, failed };
    if (this.#isOver) this.#tellAsked(asked);
    else this.#asked.push(asked);
  }

  /** A router has chosen an arm. */
  routed(router: string, arm: string): void {
    this.#count('graph_route_total', { router, arm });
  }

  /** Of what nobody waits for: it is not in Server-Timing, and metrics are told at once. */
  beside(): GraphTrace {
    const trace = new GraphTrace(this.#options);
    trace.end();
    return trace;
  }

  /** It happened to a step. */
  happened(event: StepEvent, step: TracedStep): void {
    this.#count(`graph_${event}_total`, { step: this.#nameOf(step) });
  }

  /** The request is over; a client that has asked for its times (`x-marserve-timing: 1`) is told them. @param headers of the request, in lower case */
  endFor(headers: Readonly<Record<string, unknown>>, setHeader: (name: string, value: string) => void): void {
    this.end();
    const serverTiming = headers['x-marserve-timing'] === '1' ? this.serverTiming : undefined;
    if (serverTiming !== undefined) setHeader('server-timing', serverTiming);
  }

  /** The request is over. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const asked of this.#asked) this.#tellAsked(asked);
    for (const { name, dimensions } of this.#counted) this.#count(name, dimensions);
  }

  /** The value of a header Server-Timing: a metric for each question, in the order of their answers; undefined for none. */
  get serverTiming(): string | undefined {
    const times = this.#asked.slice(0, MOST_TIMES).map(({ node, ms }) => `${tokenOf(node)};dur=${ms.toFixed(3)}`);
    return times.length === 0 ? undefined : times.join(', ');
  }

  #tellAsked({ node, ms, failed }: Asked): void {
    const dimensions = { node, outcome: failed ? 'failed' : 'answered' };
    this.#options.metrics.addHistogram('graph_node_seconds', ms / 1000, { unit: 's', dimensions });
  }

  #count(name: string, dimensions: Readonly<Record<string, string>>): void {
    if (this.#isOver) TurnCounts.of(this.#options.metrics).add(name, dimensions);
    else this.#counted.push({ name, dimensions });
  }

  #nameOf(step: TracedStep | undefined): string {
    return step === undefined ? CLIENT : (this.#options.names.get(step) ?? step.name);
  }
}

/** A header may have so many, of names of so many characters: 4 kB together. */
const MOST_TIMES = 64;
const MOST_CHARS = 48;

/** A metric's name is a token (https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2). */
function tokenOf(name: string): string {
  return name.slice(0, MOST_CHARS).replace(/[^\w!#$%&'*+.^`|~-]/g, '_') || '_';
}
