import { describe, expect, it } from 'vitest';
import type { HandlerSeries } from '../../core/metrics.ts';
import { createPrometheusMetrics } from '../metrics/prometheus.ts';

const KEY = { name: 'm', version: '1.0' };
const LABELS = 'ModelName="m",Level="Model",Hostname="host"';

/** A server's metrics, and what they told the log. */
function create(maxHandlerSeries?: number) {
  const warnings: string[] = [];
  const logger = {
    debug() {},
    info() {},
    warn: (line: string) => warnings.push(line),
    error() {},
    child: () => logger,
  };
  const prometheus = createPrometheusMetrics({ logger, hostname: 'host', maxHandlerSeries });
  const report = (...samples: Partial<HandlerSeries>[]) => prometheus.metrics.handlerSamples(KEY, samples.map(sample));
  const lines = async (...names: string[]) => (await prometheus.render(names)).body.split('\n').filter(Boolean);
  const families = async () => (await prometheus.render()).body.match(/^# TYPE .*/gm);
  return { metrics: prometheus.metrics, warnings, report, lines, families };
}

function sample(fields: Partial<HandlerSeries>): HandlerSeries {
  return { name: 'Own', kind: 'counter', values: [1], unit: 'count', dimensions: {}, ...fields };
}

describe('a handler’s metric', () => {
  it('appears when it is first reported, with the model’s labels and its dimensions', async () => {
    const { report, lines } = create();
    report({ values: [2], dimensions: { stage: 'pre', kind: 'a' } }, { dimensions: { kind: 'a', stage: 'pre' } });
    expect(await lines('Own')).toEqual([
      "# HELP Own A handler's counter, unit: Count",
      '# TYPE Own counter',
      `Own{${LABELS},kind="a",stage="pre"} 3`,
    ]);
  });

  it('is set when it is a gauge, and put into buckets that suit its unit when it is a histogram', async () => {
    const { report, lines } = create();
    report(
      { name: 'G', kind: 'gauge', unit: 'MB', values: [5] },
      { name: 'G', kind: 'gauge', unit: 'MB', values: [-4] },
    );
    report({ name: 'H', kind: 'histogram', unit: 'ms', values: [3] });
    expect(await lines('G')).toEqual([
      "# HELP G A handler's gauge, unit: Megabytes",
      '# TYPE G gauge',
      `G{${LABELS}} -4`,
    ]);
    expect(await lines('H')).toEqual(
      expect.arrayContaining([`H_bucket{le="2.5",${LABELS}} 0`, `H_bucket{le="5",${LABELS}} 1`, `H_sum{${LABELS}} 3`]),
    );
  });

  it('keeps the model’s labels when dimensions have the same names', async () => {
    const { report, lines } = create();
    report({ dimensions: { ModelName: 'other', Level: 'Host', Hostname: 'elsewhere' } });
    expect(await lines('Own')).toContain(`Own{${LABELS}} 1`);
  });

  it('is shared by models, and gone with the last model that reports it', async () => {
    const { metrics, report, lines } = create();
    report({});
    metrics.handlerSamples({ name: 'n', version: '1.0' }, [sample({})]);
    metrics.versionRemoved(KEY);
    expect(await lines('Own')).toEqual([
      expect.anything(),
      expect.anything(),
      expect.stringContaining('ModelName="n"'),
    ]);
    metrics.versionRemoved({ name: 'n', version: '1.0' });
    expect(await lines('Own')).toEqual([]);
  });

  it('can come back as another kind after it was gone', async () => {
    const { metrics, report, lines, warnings } = create();
    report({ kind: 'histogram' });
    metrics.versionRemoved(KEY);
    report({ name: 'Own_count' }, { kind: 'gauge' });
    expect(warnings).toEqual([]);
    expect(await lines('Own')).toContain('# TYPE Own gauge');
  });

  it('shows whatever characters a dimension holds', async () => {
    const { report, lines } = create();
    report({ dimensions: { text: 'a "quoted" \\ and\nbroken,ü' } });
    expect(await lines('Own')).toContain(`Own{${LABELS},text="a \\"quoted\\" \\\\ and\\nbroken,ü"} 1`);
  });
});

describe('a sample that cannot be shown', () => {
  const cases: [string, Partial<HandlerSeries>, string][] = [
    [
      'a name Prometheus does not have',
      { name: 'my-metric' },
      'metric "my-metric" of model "m" is not counted: a name',
    ],
    ['an empty name', { name: '' }, 'a name has up to 1000 letters, digits'],
    ['an endless name', { name: 'x'.repeat(1001) }, `metric "${'x'.repeat(100)}…"`],
    ['no name', { name: null as never }, 'metric null of model'],
    ['a name of JavaScript’s', { name: 'constructor' }, 'the name is reserved'],
    ['a name of Prometheus’ own', { name: '__name__' }, 'the name is reserved'],
    ['the name of a metric of the server', { name: 'QueueTime' }, 'QueueTime is another metric already'],
    ['the name of a metric of the process', { name: 'process_open_fds' }, 'process_open_fds is another metric already'],
    [
      'the name of a histogram’s part',
      { name: 'marserve_batch_size_sum' },
      'marserve_batch_size_sum is another metric',
    ],
    ['a value that is no number', { values: [null as never] }, 'its value must be a finite number, got null'],
    ['NaN', { values: [NaN] }, 'its value must be a finite number, got NaN'],
    ['a counter that falls', { values: [-1] }, 'a counter only grows, got -1'],
    ['a unit that is no word', { unit: {} as never }, 'its unit must be a string of up to 1000 characters, got object'],
    ['a dimension of a bad name', { dimensions: { 'a-b': 'x' } }, 'dimension "a-b" must be named with letters'],
    ['a dimension called le', { dimensions: { le: '1' } }, 'dimension "le" must be named'],
    ['a dimension called __proto__', { dimensions: JSON.parse('{"__proto__":"x"}') as never }, 'dimension "__proto__"'],
    [
      'a dimension that is no string',
      { dimensions: { a: { toString: 1 } as never } },
      'dimension "a" must be a string',
    ],
    ['an endless dimension', { dimensions: { a: 'x'.repeat(1001) } }, 'dimension "a" must be a string of up to 1000'],
  ];

  it.each(cases)('for %s is a warning, once', async (_, fields, warning) => {
    const { report, warnings, families } = create();
    const before = await families();
    report(fields, fields);
    expect(warnings).toEqual([expect.stringContaining(warning)]);
    expect(await families()).toEqual(before);
  });

  it('does not keep the good ones beside it from being counted', async () => {
    const { report, lines } = create();
    report({ values: [NaN] }, { values: [1] }, { dimensions: null as never });
    expect(await lines('Own')).toContain(`Own{${LABELS}} 2`);
  });

  it('may clash with an earlier one in kind, unit or dimensions: the earlier one stays', async () => {
    const { report, lines, warnings } = create();
    report({ values: [5], dimensions: { a: 'x' } });
    report({ kind: 'gauge' });
    report({ unit: 'ms', dimensions: { a: 'x' } });
    report({ dimensions: { b: 'x' } });
    expect(await lines('Own')).toContain(`Own{${LABELS},a="x"} 5`);
    expect(warnings).toEqual([
      'metric "Own" of model "m" is not counted: it is known as a counter in Count with labels ModelName, Level, ' +
        'Hostname, a, and came as a gauge in Count with labels ModelName, Level, Hostname',
    ]);
  });

  it('is told for so many metrics of a model only', () => {
    const { report, warnings } = create();
    for (let count = 0; count < 1000; count += 1) report({ name: `bad-${count}` });
    expect(warnings).toHaveLength(100);
    expect(warnings.at(-1)).toContain('no more such warnings for this model');
  });
});

describe('a handler that makes ever new series', () => {
  it('has as many as are allowed, which go on counting, and one warning per metric', async () => {
    const { report, lines, warnings } = create(10);
    for (let user = 0; user < 50; user += 1) report({ dimensions: { user: `${user}` } });
    report({ dimensions: { user: '3' } });
    const own = await lines('Own');
    expect(own).toHaveLength(2 + 10);
    expect(own).toContain(`Own{${LABELS},user="3"} 2`);
    expect(warnings).toEqual([expect.stringContaining('the model has 10 series already')]);
  });

  it('takes nothing from other models', async () => {
    const { metrics, report, lines } = create(1);
    report({});
    metrics.handlerSamples({ name: 'n', version: '1.0' }, [sample({})]);
    expect(await lines('Own')).toHaveLength(2 + 2);
  });
});
