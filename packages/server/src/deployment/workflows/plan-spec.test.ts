import { expect, it } from 'vitest';
import { makePlan } from '../make-plan.ts';

const plan = (text: string, workflowName?: string) =>
  makePlan(text, 'houses.yaml', { archives: {}, registered: {}, workflowName });

const SPEC = 'models: { timeout-ms: 70000, a: { url: a.mar, batch-size: 2 }, b: { url: b.mar, max-workers: 3 } }\n';

it('a spec becomes its models, and a workflow of the name of its file that asks them', () => {
  const { models, notes } = plan(`${SPEC}dag: { a: [b, b] }`);
  expect(models.map(({ name, source, stands }) => ({ name, source, stands }))).toEqual([
    { name: 'houses__a', source: { url: 'a.mar' }, stands: 'node "a" of workflow "houses"' },
    { name: 'houses__b', source: { url: 'b.mar' }, stands: 'node "b" of workflow "houses"' },
    { name: 'houses', source: { handler: 'workflow' }, stands: 'workflow "houses"' },
  ]);
  expect(models.map(({ config }) => config)).toMatchObject([
    { minWorkers: 1, maxWorkers: 1, batchSize: 2 },
    { minWorkers: 1, maxWorkers: 3 },
    {
      workflow: {
        nodes: [
          { model: 'houses__a', parents: [] },
          { model: 'houses__b', parents: ['a'], timeout_ms: 70_000, retries: 1 },
        ],
        shown: { workflowDag: '{a=[b]}' },
      },
      responseTimeout: 282,
    },
  ]);
  expect(notes).toEqual([{ file: 'houses.yaml', line: 2, text: 'dag.a[1]: names b again' }]);
});

it('the workflow may be called otherwise', () => {
  expect(plan(`${SPEC}dag: { a: [b] }`, 'w').models.map(({ name }) => name)).toEqual(['w__a', 'w__b', 'w']);
});

it('is refused where nothing says what it is called', () => {
  const unnamed = () => makePlan(`${SPEC}dag: { a: [b] }`, 'body', { archives: {}, registered: {} });
  expect(unnamed).toThrow('body: a spec of a workflow has no name: say workflow_name');
});

it.each([
  ['functions', `${SPEC}dag: { pre: [a, b] }`, 'houses.yaml: dag names pre, not under models'],
  ['a circle', `${SPEC}dag: { a: [b], b: [a] }`, 'houses.yaml:2:'],
])('is refused with the reason: %s', (_, text, message) => {
  expect(() => plan(text)).toThrow(message);
});
