import { describe, expect, it } from 'vitest';
import { INEFFECTIVE_MODEL_KEYS, modelConfigWarnings } from './ineffective-model-keys.ts';
import { MODEL_CONFIG_KEYS } from './model-config-keys.ts';

describe('the keys of a model’s YAML', () => {
  it.each(Object.keys(INEFFECTIVE_MODEL_KEYS))('are warned about when they do nothing: %s', (key) => {
    for (const value of [true, 1, 'gpu', ['x'], { nnodes: 1 }]) {
      expect(modelConfigWarnings({ [key]: value })).toEqual([expect.stringMatching(`^${key}: .* does nothing: `)]);
    }
    for (const value of [false, 0, '', null, 'cpu']) expect(modelConfigWarnings({ [key]: value })).toEqual([]);
  });

  it.each([
    ['batchsize', 'batchSize'],
    ['batch_size', 'batchSize'],
    ['minWorker', 'minWorkers'],
    ['max-workers', 'maxWorkers'],
    ['responseTimeOut', 'responseTimeout'],
    ['clientTimeoutInMillis', 'clientTimeoutInMills'],
  ])('are warned about when they are misspelt: %s', (key, meant) => {
    expect(modelConfigWarnings({ [key]: 3 })).toEqual([
      `${key} is no key of the server, only of the handler. Did you mean ${meant}?`,
    ]);
  });

  it.each([
    ['image_clasifier', 'image_classifier'],
    ['tabularClassifier', 'tabular_classifier'],
    ['base-handler', 'base_handler'],
  ])('are warned about when they are misspelt sections: %s', (key, meant) => {
    expect(modelConfigWarnings({ [key]: {}, [meant]: {} })).toEqual([
      `${key} is no section of a built-in handler. Did you mean ${meant}?`,
    ]);
  });

  it('are not warned about when they are meant', () => {
    const known = Object.keys(MODEL_CONFIG_KEYS).filter((key) => key !== 'deviceType');
    const config = Object.fromEntries(
      [...known, 'explainer', 'handler', 'labels', 'size', 'top_k', 'mean'].map((key) => [key, 1]),
    );
    expect(modelConfigWarnings(config)).toEqual([]);
  });
});
