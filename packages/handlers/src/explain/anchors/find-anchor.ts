/**
 * Anchors (Ribeiro et al., 2018): the conditions that make sure of a prediction, found by a beam search whose candidates KL-LUCB
 * (Kaufmann and Kalyanakrishnan, 2013) tells apart with few samples; as the Python package alibi has it.
 */
import { runParts } from '../asking.ts';
import { lowerBound, upperBound } from './bernoulli-bounds.ts';

/** Places of predicates, ascending. */
export type Anchor = readonly number[];

/** What the search knows of the model. */
export interface AnchorProblem {
  /** How many predicates there are. */
  readonly predicates: number;
  /** Share of the training data of which an anchor holds. */
  coverage(anchor: Anchor): Promise<number>;
  /** Of how many samples, of which the anchor holds, the prediction is the same. @throws Error where nobody waits any more */
  draw(anchor: Anchor, samples: number): Promise<number>;
}

/** How sure it is to be. */
export interface AnchorOptions {
  /** Least precision. */
  readonly threshold: number;
  /** Probability that an anchor is less precise than it seems. */
  readonly delta: number;
  /** How well candidates are told apart. */
  readonly tau: number;
  /** How many candidates of each size are followed. */
  readonly beamSize: number;
  /** Samples drawn at once. */
  readonly batchSize: number;
  /** For how many candidates samples are drawn at the same time, at most. */
  readonly inFlight: number;
}

/** What was found. */
export interface FoundAnchor {
  /** Empty where the prediction is nearly always the same. */
  readonly anchor: Anchor;
  /** Share of the samples with the same prediction. */
  readonly precision: number;
  /** Share of the training data of which it holds. */
  readonly coverage: number;
  /** Whether the precision is as high as was asked for; else it is the most precise that was found. */
  readonly isPrecise: boolean;
}

/** Around the threshold, where an anchor counts as precise. */
const MARGIN = 0.05;

/** The anchor with the widest coverage of those that are precise enough. */
export async function findAnchor(problem: AnchorProblem, options: AnchorOptions): Promise<FoundAnchor> {
  const search = new AnchorSearch(problem, options);
  const empty = await search.candidate([]);
  if (await search.isSureOf(empty)) return search.found(empty, true);
  let best: Candidate | undefined;
  let beam: readonly Candidate[] = [empty];
  const tried: Candidate[] = [];
  for (let size = 1; size <= problem.predicates; size += 1) {
    const wider = (await search.longer(beam)).filter(({ coverage }) => coverage > (best?.coverage ?? 0));
    if (wider.length === 0) break;
    beam = await search.mostPrecise(wider, options.beamSize);
    tried.push(...beam);
    for (const candidate of beam) {
      const isPrecise = await search.isPrecise(candidate);
      if (isPrecise && candidate.coverage > (best?.coverage ?? 0)) best = candidate;
    }
    if (best?.coverage === 1) break;
  }
  if (best !== undefined) return search.found(best, true);
  const [closest] = await search.mostPrecise(tried.length === 0 ? [empty] : tried, 1);
  return search.found(closest ?? empty, false);
}

interface Candidate {
  readonly anchor: Anchor;
  readonly coverage: number;
  samples: number;
  positives: number;
}

class AnchorSearch {
  readonly #problem: AnchorProblem;
  readonly #options: AnchorOptions;
  readonly #candidates = new Map<string, Candidate>();

  constructor(problem: AnchorProblem, options: AnchorOptions) {
    this.#problem = problem;
    this.#options = options;
  }

  async candidate(anchor: Anchor): Promise<Candidate> {
    const key = anchor.join();
    const known = this.#candidates.get(key);
    if (known !== undefined) return known;
    const candidate = { anchor, coverage: await this.#problem.coverage(anchor), samples: 0, positives: 0 };
    this.#candidates.set(key, candidate);
    return candidate;
  }

  found({ anchor, coverage, samples, positives }: Candidate, isPrecise: boolean): FoundAnchor {
    return { anchor, coverage, precision: samples === 0 ? 0 : positives / samples, isPrecise };
  }

  /** Each with one predicate more. */
  async longer(beam: readonly Candidate[]): Promise<Candidate[]> {
    const all = new Set<Candidate>();
    for (const { anchor } of beam) {
      for (let predicate = 0; predicate < this.#problem.predicates; predicate += 1) {
        if (anchor.includes(predicate)) continue;
        all.add(await this.candidate([...anchor, predicate].toSorted((a, b) => a - b)));
      }
    }
    return [...all];
  }

  /** Whether the prediction is the same whatever comes. */
  async isSureOf(candidate: Candidate): Promise<boolean> {
    const { threshold, tau, delta } = this.#options;
    const level = Math.log(1 / delta);
    await this.#draw(candidate);
    while (meanOf(candidate) > threshold && boundOf(candidate, level) < threshold - tau) await this.#draw(candidate);
    return boundOf(candidate, level) > threshold;
  }

  /** KL-LUCB: draws of the two that are hardest to tell apart, until the best are apart from the others. */
  async mostPrecise(candidates: readonly Candidate[], count: number): Promise<readonly Candidate[]> {
    await this.#drawAll(candidates.filter(({ samples }) => samples === 0));
    if (candidates.length <= count) return candidates;
    for (let round = 1; ; round += 1) {
      const { delta, tau } = this.#options;
      const confidence = Math.log((405.5 * candidates.length * round ** 1.1) / delta);
      const level = confidence + Math.log(confidence);
      const sorted = candidates.toSorted((one, other) => meanOf(other) - meanOf(one) || other.coverage - one.coverage);
      const [inside, outside] = [sorted.slice(0, count), sorted.slice(count)];
      const weakest = extreme(inside, (candidate) => -boundOf(candidate, level));
      const strongest = extreme(outside, (candidate) => upperBound(meanOf(candidate), level / candidate.samples));
      const overlap = upperBound(meanOf(strongest), level / strongest.samples) - boundOf(weakest, level);
      if (overlap <= tau) return inside;
      await this.#drawAll([weakest, strongest]);
    }
  }

  /** Draws until it is clear on which side of the threshold it is. */
  async isPrecise(candidate: Candidate): Promise<boolean> {
    const { threshold, delta, beamSize } = this.#options;
    const level = Math.log((1 + (beamSize - 1) * this.#problem.predicates) / delta);
    for (;;) {
      const mean = meanOf(candidate);
      const lower = boundOf(candidate, level);
      const upper = upperBound(mean, level / candidate.samples);
      const isOpen = mean >= threshold ? lower < threshold - MARGIN : upper >= threshold + MARGIN;
      if (!isOpen) return mean >= threshold && lower > threshold - MARGIN;
      await this.#draw(candidate);
    }
  }

  #draw(candidate: Candidate): Promise<void> {
    return this.#drawAll([candidate]);
  }

  async #drawAll(candidates: readonly Candidate[]): Promise<void> {
    const { batchSize, inFlight } = this.#options;
    await runParts({
      count: candidates.length,
      inFlight,
      run: (place) => this.#problem.draw(candidates[place]?.anchor ?? [], batchSize),
      take(positives, place) {
        const candidate = candidates[place] as Candidate;
        candidate.positives += positives;
        candidate.samples += batchSize;
      },
    });
  }
}

function meanOf({ samples, positives }: Candidate): number {
  return positives / samples;
}

function boundOf(candidate: Candidate, level: number): number {
  return lowerBound(meanOf(candidate), level / candidate.samples);
}

function extreme(candidates: readonly Candidate[], worth: (candidate: Candidate) => number): Candidate {
  return candidates.reduce((best, candidate) => (worth(candidate) > worth(best) ? candidate : best));
}
