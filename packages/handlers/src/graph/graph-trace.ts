/** What becomes of one request in a graph: for metrics, and for Server-Timing. */
import type { HandlerMetrics } from '../handler.ts';
import { CLIENT } from './step-names.ts';

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

/** Metrics are told when the request is over, all in one message; what happens later, such as the answer of one that is not waited for, at once. */
export class GraphTrace {
  readonly #options: GraphTraceOptions;
  readonly #times: string[] = [];
  /** Undefined when they were told. */
  #waiting: (() => void)[] | undefined = [];

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
    const node = this.#nameOf(step);
    if (this.#times.length < MOST_TIMES) this.#times.push(`${tokenOf(node)};dur=${ms.toFixed(3)}`);
    const dimensions = { node, outcome: failed ? 'failed' : 'answered' };
    const { metrics } = this.#options;
    this.#tell(() => metrics.addHistogram('graph_node_seconds', ms / 1000, { unit: 's', dimensions }));
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
    const { serverTiming } = this;
    if (headers['x-marserve-timing'] === '1' && serverTiming !== undefined) setHeader('server-timing', serverTiming);
  }

  /** The request is over. */
  end(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const tell of waiting) tell();
  }

  /** The value of a header Server-Timing: a metric for each question, in the order of their answers; undefined for none. */
  get serverTiming(): string | undefined {
    return this.#times.length === 0 ? undefined : this.#times.join(', ');
  }

  #count(name: string, dimensions: Readonly<Record<string, string>>): void {
    this.#tell(() => this.#options.metrics.addCounter(name, 1, { dimensions }));
  }

  #tell(tell: () => void): void {
    if (this.#waiting === undefined) tell();
    else this.#waiting.push(tell);
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
