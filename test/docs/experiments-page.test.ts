/** docs/experiments.md shows experiments, what is asked of them and what they answer, and all of it is true. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { matMulModel } from '../fixtures/onnx-models.ts';
import { HOUSE_PRICE } from '../fixtures/page-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels } from '../helpers/daemon.ts';
import { remove, send, sendJson } from '../helpers/http.ts';
import { servePage, type ServedPage } from '../helpers/page-folder.ts';
import { readBlocks, type Block } from '../helpers/pages.ts';

const BLOCKS = await readBlocks('docs/experiments.md');
const COMMANDS = BLOCKS.filter(({ language }) => language === 'bash');

/** By name and version; the next price is the same for the page's golden request alone. */
const MODELS = {
  'price/1.0': HOUSE_PRICE,
  'price/2.0': matMulModel({ weights: [[3], [10.5], [-1.125]] }),
  'page/1.0': matMulModel({ weights: [[1]] }),
  'page/2.0': matMulModel({ weights: [[2]] }),
};

/** What each arm answers to what the page asks. */
const ANSWERS: Readonly<Record<string, unknown>> = { old: [[160]], new: [[156]], blue: [[120]], green: [[240]] };

let page: ServedPage;

beforeAll(async () => {
  page = await servePage(BLOCKS, async (store) => {
    for (const [place, model] of Object.entries(MODELS)) {
      const [name = '', version = ''] = place.split('/');
      await addArchive(store, { name: `${name}-${version}`, version, model });
    }
  });
  for (const place of Object.keys(MODELS))
    await registerModels(page.daemon, [place.replace('/', '-')], `model_name=${place.split('/')[0]}`);
});

afterAll(() => page?.close());

/** The only command with the text. */
function commandOf(text: string): Block {
  const [found, ...others] = COMMANDS.filter((block) => block.text.includes(text));
  if (found === undefined || others.length > 0) throw new Error(`the page has ${text} in no command, or in several`);
  return found;
}

const isRun = new Set<Block>();

function run(block: Block): Promise<string> {
  isRun.add(block);
  return page.run(block);
}

/** Which the page shows, without packaging it again. */
async function registerGraph(name: string): Promise<void> {
  const shown = BLOCKS.find(({ text }) => text.startsWith(`# ${name}.yaml\n`))?.text ?? '';
  const headers = { 'content-type': 'application/yaml' };
  const body = `name: ${name}\n${shown}`;
  const answer = await send(`${page.daemon.management}/graphs`, { method: 'POST', body, headers });
  expect([answer.status, answer.json()]).toMatchObject([200, { models: [{ modelName: name }], warnings: [] }]);
}

async function assertShown(block: Block, text = block.next?.text ?? ''): Promise<void> {
  const output = await run(block);
  expect(JSON.parse(output.slice(output.indexOf('{')))).toEqual(like(JSON.parse(text)));
}

/** But for chance, the time and the last digits. */
function like(value: unknown, key = ''): unknown {
  if (key === 'since') return expect.any(String);
  if (key === 'route') return { router: expect.stringMatching(/^(blue|green)$/) as string };
  if (typeof value === 'number') return Number.isInteger(value) ? value : expect.closeTo(value, 1);
  if (Array.isArray(value)) return value.map((each) => like(each));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, like(each, name)]));
}

/** @returns the arm, whose answer it is */
async function assertRouted(block: Block): Promise<string> {
  const output = await run(block);
  const arm = /^x-marserve-route: router=(\w+)\r$/m.exec(output)?.[1] ?? 'none';
  expect(output).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(JSON.parse(output.slice(output.indexOf('{')))).toEqual({ predictions: ANSWERS[arm] });
  return arm;
}

const experimentOf = (model: string) => `${page.daemon.management}/models/${model}/experiment`;

const ask = async (model: string, instances: unknown = [[120]]) => {
  const { status, headers } = await sendJson(`${page.daemon.inference}/v1/models/${model}:predict`, { instances });
  expect(status).toBe(200);
  const [id = '', route = ''] = ['x-request-id', 'x-marserve-route'].map((name) => headers.get(name) ?? '');
  return { id, arm: route.replace('router=', '') };
};

const reward = async (model: string, feedback: unknown) =>
  expect((await sendJson(`${page.daemon.inference}/feedback/${model}`, feedback)).text).toContain('"counted"');

it('a router answers by one of its arms, and says by which', async () => {
  await assertShown(commandOf('--file split.yaml'));
  const block = commandOf('models/split:predict');
  expect(['old', 'new']).toContain(await assertRouted(block));
  expect(block.next?.text).toMatch(/^HTTP\/1\.1 200 OK\n[^]*router=old\n\n\{"predictions":\[\[160\]\]\}\n$/);
});

it('a shadow changes no answer', async () => {
  await registerGraph('trial');
  expect(await ask('trial', [[60, 2, 40]])).toMatchObject({ arm: 'main' });
});

it('a canary is promoted by hand', async () => {
  await registerGraph('careful');
  expect(await run(commandOf('models/careful/experiment'))).toContain('"status":"promoted","weight":100');
  expect(await ask('careful', [[60, 2, 40]])).toMatchObject({ arm: 'canary' });
});

it('a bandit is told what came of a request', async () => {
  await registerGraph('shop');
  const asked = commandOf('models/shop:predict');
  expect(['blue', 'green']).toContain(await assertRouted(asked));
  await assertShown(commandOf('/feedback/shop'));
});

it('the state of an experiment is what its requests and rewards come to', async () => {
  await remove(experimentOf('shop'));
  for (const [arm, successes] of [
    ['blue', 8],
    ['green', 3],
  ] as const) {
    await control('shop', { weights: { blue: 0, green: 0, [arm]: 1 } });
    for (let request = 0; request < 10; request += 1) {
      const { id, arm: chosen } = await ask('shop');
      expect(chosen).toBe(arm);
      await reward('shop', { id, reward: request < successes ? 1 : 0 });
    }
  }
  await control('shop', { weights: null });
  const block = commandOf('curl http://127.0.0.1:8081/models/shop/experiment');
  await expect
    .poll(() => send(experimentOf('shop')).then(({ text }) => text))
    .toContain('"requests":10,"rewards":10,"reward_sum":3');
  await assertShown(block);
});

async function control(model: string, change: unknown): Promise<void> {
  const { status } = await send(experimentOf(model), { method: 'PATCH', body: JSON.stringify(change) });
  expect(status).toBe(200);
}

it('an experiment is weighted by hand, and forgotten', async () => {
  const [weighted = '', forgotten = ''] = (await run(commandOf('-X DELETE'))).split(/(?<=\})\s*(?=\{"model")/);
  expect(weighted).toContain('"weights":{"blue":1,"green":3}');
  expect(forgotten).toContain('"weights":null,"arms":[{"name":"blue","requests":0');
});

it('a policy of its own goes by what it has learned', async () => {
  await assertShown(commandOf('--file readers.yaml'));
  const { id, arm } = await ask('readers');
  await reward('readers', { id, reward: arm === 'green' ? 1 : 0 });
  // Now and then any arm is chosen: 19 of 20 times it is the better one.
  const chosen = async () => {
    const arms = [];
    for (let request = 0; request < 20; request += 1) arms.push((await ask('readers')).arm);
    return arms.filter((each) => each === 'green').length;
  };
  await expect.poll(chosen, { timeout: 30_000 }).toBeGreaterThan(10);
});

it('no other command is on the page', () => {
  expect(COMMANDS.filter((block) => !isRun.has(block))).toEqual([]);
});
