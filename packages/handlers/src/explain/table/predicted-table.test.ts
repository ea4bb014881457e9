import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Row } from '../../handler.ts';
import { modelFolder } from '../../test-support/model-folder.ts';
import { testHandler, type TestedHandler, type TestOptions } from '../../testing.ts';
import { createTensor } from '../../tensor/tensor.ts';
import { Transformer } from '../../transformer/transformer.ts';

interface Asked {
  readonly instances: readonly unknown[];
  readonly headers: IncomingHttpHeaders;
}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Speaks V1. */
async function predictor(answer: (instance: unknown) => unknown, port = 0) {
  const requests: Asked[] = [];
  let open = 0;
  let mostOpen = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      open += 1;
      mostOpen = Math.max(mostOpen, open);
      const { instances } = JSON.parse(body) as Asked;
      requests.push({ instances, headers: request.headers });
      setImmediate(() => {
        open -= 1;
        try {
          response.end(JSON.stringify({ predictions: instances.map(answer) }));
        } catch (error) {
          response.writeHead(422).end(JSON.stringify({ error: (error as Error).message }));
        }
      });
    });
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  closing.push(close);
  const { port: own } = server.address() as AddressInfo;
  return { host: `127.0.0.1:${own}`, port: own, requests, mostOpen: () => mostOpen, close };
}

class Plain extends Transformer {}

const BACKGROUND = Array.from({ length: 40 }, (_, row) => [row % 7, (row * 3) % 5, (row * 11) % 13]);
const FILES = { 'background.json': JSON.stringify(BACKGROUND) };
const scoreOf = ([a = 0, b = 0, c = 0]: readonly number[]) => [a * b - c, a + 2 * c];
const score = (instance: unknown) => scoreOf(instance as number[]);

interface Setting extends TestOptions {
  readonly handler?: TestedHandler;
}

async function explain(host: string, rows: readonly unknown[], explainer: object, setting: Setting = {}) {
  const { handler = Plain, ...options } = setting;
  const modelDir = await modelFolder(FILES);
  const modelConfig = {
    predictor_host: host,
    predictor_model_name: 'm',
    explainer: { method: 'kernel_shap', background: 'background.json', ...explainer },
  };
  return testHandler(handler, rows, { ...options, modelDir, modelConfig, operation: 'explain' });
}

/** The same of a handler that has its model itself. */
async function explainHere(rows: readonly unknown[], explainer: object) {
  const handler = (batch: Row[] | null) => batch && batch.map((row) => score(row.data ?? row.body));
  const { results } = await explain('', rows, explainer, { handler });
  return results as { explanations: object }[];
}

/** But for rounding. */
function near(explanation: unknown): unknown {
  return JSON.parse(JSON.stringify(explanation), (_, value: unknown) =>
    typeof value === 'number' ? (expect.closeTo(value, 9) as unknown) : value,
  );
}

describe.each([{ method: 'kernel_shap' }, { method: 'permutation_shap', permutations: 3 }, { method: 'anchors' }])(
  'behind a predictor, $method',
  (explainer) => {
    it('gives what it gives beside the model, in requests that are bounded', async () => {
      const { host, requests, mostOpen } = await predictor(score);
      const { results } = await explain(host, [[3, 2, 1]], { ...explainer, batch_size: 16, in_flight: 3 });
      const [expected] = await explainHere([[3, 2, 1]], explainer);
      expect(results).toEqual([{ predictions: [5, 5], explanations: near(expected?.explanations) }]);
      expect(Math.max(...requests.map(({ instances }) => instances.length))).toBeLessThanOrEqual(16);
      expect(mostOpen()).toBeLessThanOrEqual(3);
      if (explainer.method !== 'anchors') expect(mostOpen()).toBeGreaterThan(1);
    });

    it('is loaded before its predictor is there, and tells what the predictor answers', async () => {
      const first = await predictor(score);
      await first.close();
      closing.pop();
      const { results: refused } = await explain(first.host, [[3, 2, 1]], explainer);
      expect(refused).toMatchObject([{ status: 503, message: expect.stringContaining(first.host) as unknown }]);
      let asked = 0;
      const later = await predictor((instance) => {
        if ((asked += 1) > 30) throw new Error('enough');
        return score(instance);
      });
      const { results } = await explain(later.host, [[3, 2, 1]], explainer);
      expect(results).toMatchObject([
        { status: 422, message: expect.stringMatching(/Predictor .* answered 422: .*enough/) },
      ]);
    });
  },
);

describe('perturbed rows', () => {
  const asArray = (instance: unknown): number[] =>
    Array.isArray(instance) ? (instance as number[]) : asArray(Object.values(instance as object)[0]);

  it.each([
    ['a list', [3, 2, 1], {}],
    ['the field of a form', { data: [3, 2, 1] }, {}],
    ['an object', { body: { x: 3, y: 2, z: 1 } }, { features: ['x', 'y', 'z'] }],
    ['a list, though the features have names', [3, 2, 1], { features: ['x', 'y', 'z'] }],
  ])('come as the row did: as %s', async (_, row, more) => {
    const formOf = (instance: unknown) => (Array.isArray(instance) ? 'list' : Object.keys(instance as object).join());
    const isObject = 'body' in row;
    const { host, requests } = await predictor((instance) =>
      isObject ? score(Object.values(instance as object)) : score(asArray(instance)),
    );
    const { results } = await explain(host, [row], { method: 'permutation_shap', permutations: 1, ...more });
    expect(results).toMatchObject([{ explanations: { data: [3, 2, 1], outputs: [5, 5] } }]);
    const forms = new Set(requests.flatMap(({ instances }) => instances.map(formOf)));
    expect([...forms]).toEqual([isObject ? 'x,y,z' : 'data' in row ? 'data' : 'list']);
  });

  it('come with the headers of the request', async () => {
    const { host, requests } = await predictor(score);
    const headers = { authorization: 'Bearer me', 'x-request-id': 'own', cookie: 'no' };
    await explain(host, [[3, 2, 1]], {}, { headers });
    expect(requests.length).toBeGreaterThan(2);
    for (const { headers: got } of requests) {
      expect(got).toMatchObject({ authorization: 'Bearer me', 'x-request-id': 'own' });
      expect(got.cookie).toBeUndefined();
    }
  });

  it('go through the stages of a transformer', async () => {
    class Reversed extends Transformer {
      override preprocess({ instances }: { instances: readonly unknown[] }) {
        return { instances: instances.map((row) => (row as number[]).toReversed()) };
      }
      override postprocess({ predictions }: { predictions: readonly unknown[] }) {
        return { predictions: predictions.map((pair) => ({ scores: pair })) };
      }
    }
    const { host } = await predictor((instance) => scoreOf((instance as number[]).toReversed()));
    const { results } = await explain(host, [[3, 2, 1]], {}, { handler: Reversed as TestedHandler });
    const [expected] = await explainHere([[3, 2, 1]], {});
    expect(results).toEqual([{ predictions: { scores: [5, 5] }, explanations: near(expected?.explanations) }]);
  });
});

describe('a client’s error', () => {
  it.each([
    [{ body: { x: 1 } }, 'objects need explainer.features'],
    [{ body: 'text' }, 'Expected a sample to explain'],
    [{ body: [] }, 'Expected a sample to explain'],
    [{}, 'Expected a sample to explain'],
    [[1, 2], 'Expected samples of 3 features to explain, got 2'],
    [{ x: createTensor('float32', [0, 3], []) }, 'one at least; got "x" [0, 3]'],
    [{ x: createTensor('float32', [1, 3, 1], [1, 2, 3]) }, 'one at least; got "x" [1, 3, 1]'],
    [{ x: createTensor('float32', [], [1]) }, 'Expected tensors with as many rows along the first axis, got "x" []'],
  ])('is %j', async (row, message) => {
    const { host } = await predictor(() => [1, 2]);
    const { results } = await explain(host, [row], {});
    expect(results).toMatchObject([{ status: 400, message: expect.stringContaining(message) as unknown }]);
  });
});

describe('a predictor that answers otherwise than expected', () => {
  it.each([
    ['no numbers', () => 'yes', 500, 'Expected an answer with numbers to explain'],
    ['one number to anchors', () => 1, 500, 'expected a classifier with a score for each class'],
  ])('with %s', async (name, answer, status, message) => {
    const { host } = await predictor(answer);
    const { results } = await explain(host, [[3, 2, 1]], {
      method: name.includes('anchors') ? 'anchors' : 'kernel_shap',
    });
    expect(results).toMatchObject([{ status, message: expect.stringContaining(message) as unknown }]);
  });
});
