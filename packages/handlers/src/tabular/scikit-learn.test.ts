/** `tabular_classifier` beside scikit-learn, on what its converters make: see make_classifiers.py in the folder of the models. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../json.ts';
import { testHandler } from '../testing.ts';

const FOLDER = fileURLToPath(new URL('../../../../test/fixtures/classifiers/', import.meta.url));

interface Truth {
  readonly rows: readonly (readonly number[])[];
  readonly predict: readonly unknown[];
  readonly proba?: unknown;
  readonly decision?: readonly unknown[];
  readonly classes?: readonly unknown[];
}

interface Answer {
  readonly label?: unknown;
  readonly labels?: readonly unknown[];
  readonly probabilities?: unknown;
  readonly scores?: unknown;
}

const TRUTH = parseJson(await readFile(`${FOLDER}answers.json`, 'utf8')) as Readonly<Record<string, Truth>>;
const named = (pattern: RegExp): string[] => Object.keys(TRUTH).filter((name) => pattern.test(name));

async function answers(name: string, config: object = {}): Promise<Answer[]> {
  const rows = TRUTH[name]?.rows ?? [];
  const { results } = await testHandler({ modelDir: FOLDER, handler: 'tabular_classifier' }, [rows, rows[0]], {
    serializedFile: `${name}.onnx`,
    modelConfig: { tabular_classifier: config },
  });
  const [list, item] = results as [Answer[], Answer];
  if (list instanceof Error) throw list;
  expect(rounded(item), 'a sample without a batch axis').toEqual(rounded(list[0]));
  return list;
}

/** Models compute in float32, and several rows in another order than one. */
function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Number(value.toFixed(3)) + 0;
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rounded(inner)]));
}

/** Values by class, as near as float32 is. */
function near(values: readonly number[], classes: readonly unknown[]): object {
  return Object.fromEntries(values.map((value, index) => [String(classes[index]), expect.closeTo(value, 3) as number]));
}

const WITHOUT_PROBABILITIES = /^(?:sgd_hinge|linsvc|svc__|ovo)|__raw$/;
const ONE_CLASS = named(/^(?!ml_|several_|none_|outlier_|cluster_)/);

describe("labels and probabilities are scikit-learn's own, by the same names", () => {
  it.each(ONE_CLASS.filter((name) => !WITHOUT_PROBABILITIES.test(name)))('%s', async (name) => {
    const { predict, proba, classes = [] } = TRUTH[name] as Truth;
    expect(await answers(name)).toEqual(
      predict.map((label, row) => ({ label, probabilities: near((proba as number[][])[row] ?? [], classes) })),
    );
  });
});

describe('margins are called scores, and are those of the decision function', () => {
  it.each(ONE_CLASS.filter((name) => WITHOUT_PROBABILITIES.test(name)))('%s', async (name) => {
    const { predict, decision = [], classes = [] } = TRUTH[name] as Truth;
    for (const [row, answer] of (await answers(name)).entries()) {
      expect(Object.keys(answer)).toEqual(['label', 'scores']);
      expect(answer.label).toEqual(predict[row]);
      const scores = answer.scores as Record<string, number>;
      const margin = decision[row] as number | number[];
      if (Array.isArray(margin)) expect(scores).toEqual(near(margin, classes));
      else expect(scores[String(classes[1])]).toBeCloseTo(margin, 3);
    }
  });
});

describe('several classes can hold', () => {
  it.each(named(/^ml_/))('%s', async (name) => {
    const { predict, proba } = TRUTH[name] as Truth;
    const columns = (predict[0] as number[]).length;
    const expected = (predict as number[][]).map((row, sample) => {
      const ofEach = Array.from({ length: columns }, (_, column) => {
        const [one, other] = [(proba as number[][][])[column]?.[sample], (proba as number[][])[sample]?.[column]];
        return Array.isArray(one) ? (one[1] ?? NaN) : (other ?? NaN);
      });
      const labels = row.flatMap((holds, column) => (holds === 1 ? [column] : []));
      return { labels, probabilities: near(ofEach, [0, 1, 2]) };
    });
    expect(await answers(name)).toEqual(expected);
    const names = ['red', 'green', 'blue'];
    const [first] = await answers(name, { labels: names });
    expect(first?.labels).toEqual(expected[0]?.labels.map((index) => names[index]));
    expect(Object.keys(first?.probabilities as object)).toEqual(names);
  });

  it.each(named(/^several_/))('%s: each output has classes of its own', async (name) => {
    const { predict, proba, classes } = TRUTH[name] as Truth;
    const expected = (predict as unknown[][]).map((labels, sample) => ({
      labels,
      probabilities: (proba as number[][][]).map((output, column) =>
        near(output[sample] ?? [], (classes as unknown[][])[column] ?? []),
      ),
    }));
    expect(await answers(name)).toEqual(expected);
  });
});

describe('what is no classifier', () => {
  it.each(named(/^none_/))('is refused: %s', async (name) => {
    await expect(answers(name)).rejects.toThrow(
      /Expected a classifier.*"variable" float32 \[\?, \d\] is made by \w+, and is no probability.*base_handler serves/,
    );
  });

  it('is not called so when it has a label: outliers and clusters', async () => {
    for (const name of named(/^(?:outlier|cluster)_/)) {
      for (const [row, answer] of (await answers(name)).entries()) {
        expect(Object.keys(answer)).toEqual(['label', 'scores']);
        expect(answer.label).toBe(TRUTH[name]?.predict[row]);
      }
    }
    const [first] = await answers('outlier_sgd');
    expect(first?.scores).toEqual([expect.closeTo(TRUTH.outlier_sgd?.decision?.[0] as number, 3)]);
  });
});

describe('the config', () => {
  it('has the last word on what the scores are', async () => {
    const name = 'logreg__3__int__raw';
    const { proba, decision } = TRUTH[name] as Truth;
    const [logits] = await answers(name, { scores: 'logits' });
    expect(logits?.probabilities).toEqual(near((proba as number[][])[0] ?? [], [0, 1, 2]));
    expect((await answers(name, { softmax: true }))[0]).toEqual(logits);
    const [asTheyAre] = await answers(name, { scores: 'probabilities' });
    expect(asTheyAre?.probabilities).toEqual(near(decision?.[0] as number[], [0, 1, 2]));
    expect((await answers(name, { softmax: false }))[0]).toEqual(asTheyAre);
    expect((await answers('rf__3__shift__nozip', { scores: 'margins' }))[0]).toHaveProperty('scores');
    expect(Object.keys((await answers('rf__3__shift__nozip', { scores: 'none' }))[0] ?? {})).toEqual(['label']);
  });

  it('names the classes in the order of the scores, whatever the model calls them', async () => {
    for (const name of ['logreg__3__shift__nozip', 'logreg__3__neg__zip', 'svc_p__3__str__zip']) {
      const { predict, classes = [] } = TRUTH[name] as Truth;
      const [answer] = await answers(name, { labels: ['x', 'y', 'z'] });
      expect(answer?.label).toBe(['x', 'y', 'z'][classes.indexOf(predict[0])]);
      expect(Object.keys(answer?.probabilities as object)).toEqual(['x', 'y', 'z']);
    }
  });

  it.each([
    ['short', ['a', 'b'], 'tabular_classifier.labels must be a list of 3 names, one for each class of the model'],
    ['long', ['a', 'b', 'c', 'd'], 'must be a list of 3 names'],
    ['repeated', ['a', 'b', 'a'], 'must have a name of its own for each class, got "a" twice'],
  ])('is refused with %s labels', async (_, labels, message) => {
    for (const name of ['logreg__3__shift__nozip', 'rf__3__shift__nozip', 'logreg__3__str__columns', 'ml_ovr__nozip']) {
      await expect(answers(name, { labels }), name).rejects.toThrow(message);
    }
  });
});
