/** `anchors`: the conditions under which a classifier's prediction stays the same. */
import { configError, integer, listOf, string, type ConfigReader } from '../../model-config.ts';
import { PredictionError } from '../../prediction-error.ts';
import { askingOf, askingReaders, runParts, type Asking, type AskingOptions } from '../asking.ts';
import { readBackground } from '../background/read-background.ts';
import type { Cell } from '../background/weighted-samples.ts';
import { readExplainerSection, tableReaders, type BackgroundOptions, type TableOptions } from '../explainer-options.ts';
import type { OpenExplainer } from '../explainer.ts';
import { contextOfNobody } from '../context-of-nobody.ts';
import { SeededRandom } from '../random.ts';
import type { ExplainRun } from '../run.ts';
import { featureNames, knownNames } from '../table/feature-names.ts';
import { openTable } from '../table/open-table.ts';
import type { TablePredictor, TableScores } from '../table/table.ts';
import { tableExplainer, type TableMethod } from '../table/table-explainer.ts';
import { drawSamples } from './anchor-samples.ts';
import { findAnchor, type Anchor, type AnchorOptions, type AnchorProblem } from './find-anchor.ts';
import { holds, predicatesOf, rulesOf, ruleText, type Predicate } from './predicate.ts';

/** The section `explainer` of `anchors`. */
export interface AnchorsOptions
  extends Omit<TableOptions, 'classes'>, Pick<BackgroundOptions, 'background'>, AskingOptions {
  /** Least precision of an anchor. Default 0.95. */
  readonly threshold: number;
  /** Probability that an anchor is less precise than it seems. Default 0.1. */
  readonly delta: number;
  /** How well candidates are told apart, as a precision. Default 0.15. */
  readonly tau: number;
  /** How many candidates of each size are followed. Default 1. */
  readonly beam: number;
  /** Names (or places, as `f3`) of features that are categories though they are numbers. */
  readonly categories: readonly string[];
}

const share: ConfigReader<number> = (value, key) => {
  if (typeof value === 'number' && value > 0 && value < 1) return value;
  throw configError(key, 'a number between 0 and 1', value);
};

const { classes: _, ...withoutClasses } = tableReaders;
const BATCH_SIZE = 100;

/** @throws Error for a model that is no classifier of tables, and for settings and files that do not fit it */
export const openAnchors: OpenExplainer = async (handler, context) => {
  const options = readExplainerSection<AnchorsOptions>(context, {
    ...withoutClasses,
    ...askingReaders,
    background: string,
    threshold: share,
    delta: share,
    tau: share,
    beam: integer(1),
    categories: listOf(string),
  });
  const { background: file, seed = 0, features } = options;
  if (file === undefined) throw configError('explainer.background', 'a file of samples, for anchors', file);
  const table = openTable(handler, context, options);
  const { background, names: head } = await readBackground(context, {
    file,
    seed,
    featureCount: table.featureCount,
    features: knownNames(context, { config: features, model: table.featureNames }),
  });
  const { samples } = background;
  const names = featureNames(
    context,
    { config: features, background: head, model: table.featureNames },
    samples[0]?.length ?? 0,
  );
  // A predictor may come later than what explains it.
  if (!table.isRemote) checkClasses(await table.predict(samples.slice(0, 1), contextOfNobody(context)));
  const asking = askingOf(options, table.isRemote, BATCH_SIZE);
  return tableExplainer({ handler, table, method: anchorMethod({ asking, samples, names }, options) });
};

function checkClasses({ names }: TableScores): void {
  if (names.length > 1) return;
  throw new PredictionError(
    'anchors: expected a classifier with a score for each class, got one number. kernel_shap explains such answers',
  );
}

interface AnchorParts {
  readonly asking: Asking;
  readonly samples: readonly (readonly Cell[])[];
  readonly names: readonly string[];
}

function anchorMethod({ asking, samples, names }: AnchorParts, options: Partial<AnchorsOptions>): TableMethod {
  const { threshold = 0.95, delta = 0.1, tau = 0.15, beam = 1, seed = 0, background, categories = [] } = options;
  const search: AnchorOptions = {
    threshold,
    delta,
    tau,
    beamSize: beam,
    batchSize: BATCH_SIZE,
    inFlight: asking.inFlight,
  };
  const isCategory = new Set(categories.map((name) => placeOf(name, names)));
  return {
    name: 'anchors',
    featureCount: names.length,
    async explain(sample, run, table) {
      const predicates = predicatesOf(sample, samples, isCategory);
      const chosen = (anchor: Anchor): Predicate[] => anchor.flatMap((place) => predicates[place] ?? []);
      const scores = await table.predict([sample], run.context);
      checkClasses(scores);
      const [label = 0] = labelsOf(scores);
      const source = { samples, explained: sample, random: new SeededRandom(seed) };
      const problem: AnchorProblem = {
        predicates: predicates.length,
        async coverage(anchor) {
          await run.checkpoint();
          const conditions = chosen(anchor);
          return shareOf(samples, (other) => conditions.every((condition) => holds(condition, other)));
        },
        draw: async (anchor, count) =>
          countLabel(await labelsOfAll(drawSamples(chosen(anchor), count, source), { table, asking }, run), label),
      };
      const { anchor, precision, coverage, isPrecise } = await findAnchor(problem, search);
      const rules = rulesOf(chosen(anchor), names);
      return {
        method: 'anchors',
        parameters: { threshold, delta, tau, beam, background, categories },
        seed,
        feature_names: names,
        data: sample,
        prediction: scores.names[label],
        anchor: rules.map(ruleText),
        rules,
        precision,
        coverage,
        is_precise: isPrecise,
      };
    },
  };
}

function placeOf(name: string, names: readonly string[]): number {
  const place = names.indexOf(name);
  if (place >= 0) return place;
  throw configError('explainer.categories', `names of features (${names.join(', ')})`, name);
}

interface Asked {
  readonly table: TablePredictor;
  readonly asking: Asking;
}

async function labelsOfAll(
  samples: readonly (readonly Cell[])[],
  { table, asking: { batchSize } }: Asked,
  run: ExplainRun,
): Promise<number[]> {
  const labels: number[] = [];
  await runParts({
    count: Math.ceil(samples.length / batchSize),
    // Those of several candidates are drawn at the same time.
    inFlight: 1,
    run: (part) => table.predict(samples.slice(part * batchSize, (part + 1) * batchSize), run.context),
    async take(scores) {
      labels.push(...labelsOf(scores));
      await run.pause();
    },
  });
  return labels;
}

function labelsOf({ values }: TableScores): number[] {
  return values.map((scores) => scores.indexOf(Math.max(...scores)));
}

function countLabel(labels: readonly number[], wanted: number): number {
  return labels.filter((label) => label === wanted).length;
}

function shareOf<T>(items: readonly T[], test: (item: T) => boolean): number {
  return items.filter(test).length / items.length;
}
