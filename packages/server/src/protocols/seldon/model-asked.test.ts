import { expect, it } from 'vitest';
import { explainerAsked } from './model-asked.ts';

const asked = (names: readonly string[], params: Readonly<Record<string, string>>) =>
  explainerAsked({ modelNames: () => [...names] }, params);

const PATH = { namespace: 'ns', model_name: 'iris', predictor: 'main' };

it.each([
  ['the model of its name', ['iris', 'iris-explainer', 'iris-main'], 'iris-explainer'],
  ['of several predictors the one that is named', ['iris', 'iris-main', 'iris-other'], 'iris-main'],
  ['the deployment', ['iris', 'main'], 'iris'],
  ['the deployment where there is none of these, which nobody has', ['main'], 'iris'],
])('the explainer of a deployment is %s', (_, names, expected) => {
  expect(asked(names, PATH)).toBe(expected);
});

it('what is called like an explainer may be the namespace of a model', () => {
  const params = { model_name: 'team', predictor: 'iris' };
  expect(asked(['iris'], params)).toBe('iris');
  expect(asked(['iris', 'team'], params)).toBe('team');
});
