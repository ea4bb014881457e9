import { describe, expect, it } from 'vitest';
import { parseModelConfig } from './model-config.ts';

const parse = (text: string) => parseModelConfig(text, 'model-config.yaml');

describe("a model's YAML file", () => {
  it('says how the model is served, in milliseconds, and is kept whole', () => {
    const text = [
      'minWorkers: 1',
      'maxWorkers: 4',
      'batchSize: 16',
      'maxBatchDelay: 5',
      'responseTimeout: 30',
      'startupTimeout: 60',
      'maxRetryTimeoutInSec: 10',
      'jobQueueSize: 50',
      'handler: {labels: [a, b]}',
    ].join('\n');
    const { settings, json } = parse(text);
    expect(JSON.parse(json)).toMatchObject({ batchSize: 16, handler: { labels: ['a', 'b'] } });
    expect({ settings }).toEqual({
      settings: {
        minWorkers: 1,
        maxWorkers: 4,
        batchSize: 16,
        maxBatchDelayMs: 5,
        responseTimeoutMs: 30_000,
        startupTimeoutMs: 60_000,
        retryWindowMs: 10_000,
        jobQueueSize: 50,
      },
    });
  });

  it.each(['', '# nothing', 'null', '{}', 'batchSize:'])('may say nothing: "%s"', (text) => {
    const { settings } = parse(text);
    expect(Object.values(settings).every((value) => value === undefined)).toBe(true);
  });

  it("takes 0 for the server's own queue size", () => {
    expect(parse('jobQueueSize: 0').settings.jobQueueSize).toBeUndefined();
  });

  it('reads anchors and merge keys', () => {
    expect(parse('base: &b {batchSize: 2}\n<<: *b').settings.batchSize).toBe(2);
  });

  it.each([
    ['batchSize: four', 'model-config.yaml: batchSize: expected auto or an integer from 1, came "four"'],
    ['batchSize: "4"', 'model-config.yaml: batchSize: expected auto or an integer from 1, came "4"'],
    ['batchSize: 0', 'model-config.yaml: batchSize: expected auto or an integer from 1, came 0'],
    ['responseTimeout: 1.5', 'model-config.yaml: responseTimeout: expected an integer from 1, came 1.5'],
    ['deviceType: tpu', 'model-config.yaml: deviceType: expected cpu or gpu, came "tpu"'],
    ['minWorkers: 3\nmaxWorkers: 2', 'model-config.yaml: maxWorkers: expected at least minWorkers (3), came 2'],
    ['- a', 'model-config.yaml: expected a mapping of keys to values, came ["a"]'],
    ['just text', 'model-config.yaml: expected a mapping of keys to values, came "just text"'],
    ['a: [', 'model-config.yaml: expected YAML: '],
    ['batchSize: 1\nbatchSize: 2', 'model-config.yaml: expected YAML: duplicated mapping key at line 2, column 1'],
  ])('is refused when it says "%s"', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  it('names every key that is wrong', () => {
    expect(() => parse('batchSize: x\nminWorkers: y')).toThrow(/2 problems[\s\S]*minWorkers[\s\S]*batchSize/);
  });

  it('has no use for tags that stand for classes of a language', () => {
    expect(() => parse('a: !!python/object:x.Y {}')).toThrow(/expected YAML: unknown .*tag/);
  });
});
