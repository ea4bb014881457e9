/** What models of a server ask each other: jobs like those of clients, in the time and for the client of the one that asks. */
import { randomUUID } from 'node:crypto';
import type { Admission } from './admission.ts';
import type { DataPlane, ModelMetadata } from './data-plane.ts';
import { messageOf, ServeError, toServeError } from './errors.ts';
import { InflightBytes } from './inflight-bytes.ts';
import type { Caller, Job, JobAnswer, JobRequest } from './jobs/job.ts';
import type { ModelKey } from './model-key.ts';
import { MOST_MODELS } from './registry/model-needs.ts';

/** Values alone, or whole messages. */
export type CallForm = 'values' | 'messages';

/** A question of a model to another. */
export interface ModelCall {
  /** Name of the one that is asked. */
  readonly name: string;
  /** Undefined for the default one. */
  readonly version: string | undefined;
  /** Number of the registration that is to answer; 0 for any. */
  readonly serial: number;
  /** What it is asked. */
  readonly operation: 'predict' | 'explain';
  /** What the body is. */
  readonly form: CallForm;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  /** In the form that models ask each other in. */
  readonly body: Uint8Array;
  /** Longest time until the answer, in milliseconds; Infinity for no limit of its own. */
  readonly timeoutMs: number;
  /** Whether no client waits for the answer; so it is for what a job asks that is in the background itself. */
  readonly isBackground: boolean;
  /** Who asks. */
  readonly asking: ModelKey;
  /** For which of its jobs; none where it asks for itself. */
  readonly jobs: readonly Job[];
  /** How many requests it stands for: it counts as so many; the jobs of some may be over. */
  readonly requests: number;
}

/** What a model is told of another. */
export interface ModelFacts extends Partial<
  Pick<ModelMetadata, 'version' | 'serial' | 'digest' | 'inputs' | 'outputs' | 'sharedBy'>
> {
  /** Why it cannot serve; undefined when it can. */
  readonly problem?: string;
}

/** Whoever runs what models ask. */
export interface ModelCalls {
  /** Its answer, or how that begins; see `JobAnswer`. @throws ServeError why there is no answer */
  run(call: ModelCall, caller: Caller): Promise<JobAnswer>;
  /** Never throws: that there is no such model is its problem. */
  describe(name: string, version: string | undefined): ModelFacts;
}

/** @param codecs names of the codecs of what they say to each other @param limitOf how much a version may ask at a time */
export function createModelCalls(
  { admit, modelReadiness, modelMetadata }: Pick<DataPlane, 'admit' | 'modelReadiness' | 'modelMetadata'>,
  codecs: Readonly<Record<CallForm, string>>,
  limitOf: ConstructorParameters<typeof InflightBytes>[0] = () => undefined,
): ModelCalls {
  const inFlight = new InflightBytes(limitOf);
  return {
    async run(call, caller) {
      const { name, version } = call;
      const isBackground = call.isBackground || isAllInBackground(call.jobs);
      let answered = () => {};
      try {
        const admission = admit(name, version, call.requests);
        assertSame(call, admission);
        const request = { ...jobRequest(call, admission, codecs[call.form]), ...(isBackground && { isBackground }) };
        answered = inFlight.add(call.asking, call.body.byteLength);
        return await admission.submit(request, caller);
      } catch (error) {
        throw isBackground ? asDropped(error) : error;
      } finally {
        answered();
      }
    },
    describe(name, version) {
      try {
        const { reason } = modelReadiness(name, version);
        return { ...factsOf(() => modelMetadata(name, version)), ...(reason !== undefined && { problem: reason }) };
      } catch (error) {
        return { problem: messageOf(error) };
      }
    },
  };
}

/** Who asks for nobody is to know that it was in the way of others. */
function asDropped(error: unknown): unknown {
  if (!(error instanceof ServeError) || error.code !== 'queue_full') return error;
  return new ServeError('prediction', error.message, { status: TOO_MANY_REQUESTS });
}

/** RFC 6585, 4. */
const TOO_MANY_REQUESTS = 429;

/** None while it is being loaded: that is in its readiness. */
function factsOf(read: () => ModelMetadata): ModelFacts {
  try {
    const { version, serial, digest, inputs, outputs, sharedBy } = read();
    return { version, serial, digest, inputs, outputs, sharedBy };
  } catch (error) {
    if (toServeError(error).code === 'no_worker') return {};
    throw error;
  }
}

function jobRequest(call: ModelCall, { key }: Admission, codec: string): JobRequest {
  const { operation, headers, body, asking, jobs, requests } = call;
  const askedBy = longestChain(jobs, asking, key);
  const timeoutMs = Math.min(call.timeoutMs, leftMs(jobs));
  if (timeoutMs <= 0) throw new ServeError('deadline_exceeded', 'The time of the request that asks is over.');
  return {
    operation,
    requestId: jobs[0]?.request.requestId ?? randomUUID(),
    codec,
    headers,
    inputs: [{ name: 'values', contentType: '', chunks: [body] }],
    askedBy,
    // One that stands for several has its company with it.
    ...(requests > 1 ? { requests } : { hasCompany: true }),
    ...(timeoutMs < Infinity && { timeoutMs }),
  };
}

/** Whose time ends before is told so by the job itself. */
function leftMs(jobs: readonly Job[]): number {
  if (jobs.length === 0) return Infinity;
  const now = performance.now();
  let longest = -Infinity;
  for (const { request, arrivedAt } of jobs) {
    longest = Math.max(longest, (request.timeoutMs ?? Infinity) - (now - arrivedAt));
  }
  return longest;
}

function isAllInBackground(jobs: readonly Job[]): boolean {
  return jobs.length > 0 && jobs.every(({ request }) => request.isBackground === true);
}

/** The models that wait for the answer. @throws ServeError where one of them is asked */
function longestChain(jobs: readonly Job[], asking: ModelKey, asked: ModelKey): ModelKey[] {
  const before = new Set(jobs.map(({ request }) => request.askedBy ?? NOBODY));
  const chains = [...(before.size === 0 ? [NOBODY] : before)].map((chain) => [...chain, asking]);
  for (const chain of chains) assertNoCircle(chain, asked);
  return chains.reduce((longest, chain) => (chain.length > longest.length ? chain : longest));
}

const NOBODY: readonly ModelKey[] = [];

/** What a question is made for is not known of another one. */
function assertSame({ serial: meant }: ModelCall, { key, serial }: Admission): void {
  if (meant === 0 || meant === serial) return;
  const problem = `Model "${key.name}" Version "${key.version}" is not the one that was meant`;
  throw new ServeError('prediction', problem, { status: MISDIRECTED_REQUEST });
}

/** RFC 9110, 15.5.20. */
const MISDIRECTED_REQUEST = 421;

/** A model that waits for itself waits for ever. */
function assertNoCircle(askedBy: readonly ModelKey[], asked: ModelKey): void {
  const isAsking = askedBy.some(({ name, version }) => name === asked.name && version === asked.version);
  if (!isAsking && askedBy.length < MOST_MODELS) return;
  const path = [...askedBy, asked].map(({ name, version }) => `${name}/${version}`).join(' → ');
  const problem = isAsking ? 'Models ask each other in a circle' : `More than ${MOST_MODELS} models ask each other`;
  throw new ServeError('prediction', `${problem}: ${path}.`, { status: LOOP_DETECTED });
}

/** RFC 5842, 7.2. */
const LOOP_DETECTED = 508;
