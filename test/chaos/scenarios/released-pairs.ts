/** A model and the transformer in front of it are released together, again and again, and the model is swapped wrongly in between. */
import { buildModel, floatBytes } from '../../fixtures/onnx-builder.ts';
import { addArchive } from '../../helpers/archives.ts';
import { startDaemon, type Daemon } from '../../helpers/daemon.ts';
import { post, put, remove, send } from '../../helpers/http.ts';
import { startLoad, type LoadAnswer, type Question } from '../../helpers/load.ts';
import { conclude, type Chaos, type ChaosResult } from '../scenario.ts';

const CONNECTIONS = 8;
const TRANSFORMER = `
  import { Transformer } from '@marserve/handlers';
  export default class Prices extends Transformer {}
`;
const HOUSE = Buffer.from('[80, 3, 12]');
const PRICE = 258;

/** Each release has prices of its own. */
const priceModel = (factor: number) =>
  buildModel({
    inputs: [{ name: 'features', type: 'float32', shape: ['batch', 3] }],
    outputs: [{ name: 'price', type: 'float32', shape: ['batch', 1] }],
    nodes: [{ op: 'MatMul', inputs: ['features', 'weights'], outputs: ['price'] }],
    initializers: [
      { name: 'weights', type: 'float32', dims: [3, 1], bytes: floatBytes([3 * factor, 10 * factor, -factor]) },
    ],
  });

interface Site {
  readonly predictor: Daemon;
  readonly transformer: Daemon;
  /** Whether the predictor has another model, or none, at this moment. */
  isSwapped: boolean;
}

export async function releasedPairs({ intensity, defer, say }: Chaos): Promise<ChaosResult> {
  const releases = intensity === 'long' ? 20 : 3;
  const config = { access_log: 'off', job_queue_size: 1000 };
  const [predictor, transformer] = await Promise.all([startDaemon({ config }), startDaemon({ config })]);
  defer(() => Promise.all([predictor.close(), transformer.close()]));
  const site: Site = { predictor, transformer, isSwapped: false };
  const problems = await release(site, 1);
  const load = startLoad({ address: transformer.inference, connections: CONNECTIONS, question: () => ask(site) });
  defer(() => load.stop());
  for (let number = 2; number <= releases; number += 1) {
    problems.push(...(await release(site, number)), ...(await swapWrongly(site, number)));
    say(`${number} of ${releases} releases, ${load.ok} requests`);
  }
  const thrown = `${releases} releases of a model and its transformer under load, and ${releases - 1} wrong models beneath`;
  return conclude({ thrown, load: await load.stop(), problems });
}

/** The model beside the former one, then the transformer in place of the former, as docs/transformers.md says. */
async function release({ predictor, transformer }: Site, number: number): Promise<string[]> {
  const version = `${number}.0`;
  await addArchive(predictor.store, { name: `price-${number}`, version, model: priceModel(number) });
  await addArchive(transformer.store, {
    name: `prices-${number}`,
    version,
    source: TRANSFORMER,
    config: `predictor_host: "${new URL(predictor.inference).host}"\npredictor_protocol: v2\nbatchSize: 4\n`,
    options: { predictorModel: `${predictor.store}/price-${number}.mar`, predictor: 'price' },
  });
  const steps = [
    await post(`${predictor.management}/models?url=price-${number}.mar&model_name=price&initial_workers=1`),
    await post(
      `${transformer.management}/models?url=prices-${number}.mar&model_name=prices&replace=true&initial_workers=1`,
    ),
    await put(`${predictor.management}/models/price/${version}/set-default?drain=true`),
  ];
  return steps.flatMap(({ status, text }) => (status === 200 ? [] : [`release ${number}: ${status} ${text}`]));
}

/** The same name and version, another model; then the right one again. */
async function swapWrongly(site: Site, number: number): Promise<string[]> {
  const { predictor, transformer } = site;
  const model = { name: 'price-wrong', version: `${number}.0`, model: priceModel(1000) };
  await addArchive(predictor.store, model);
  site.isSwapped = true;
  const isReady = async () => (await send(`${transformer.inference}/v2/models/prices/ready`)).status === 200;
  for (const name of ['price-wrong', `price-${number}`]) {
    await remove(`${predictor.management}/models/price`);
    await post(`${predictor.management}/models?url=${name}.mar&model_name=price&initial_workers=1`);
    if (!(await becomes(name !== 'price-wrong', isReady)))
      return [`with ${name}, the transformer is as ready as before`];
  }
  site.isSwapped = false;
  return [];
}

async function becomes(wanted: boolean, ask: () => Promise<boolean>): Promise<boolean> {
  for (let count = 0; count < 600; count += 1) {
    if ((await ask()) === wanted) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

/** Both halves of an answer must be of one release; none is better than a wrong one. */
function ask(site: Site): Question {
  const mayBeRefused = site.isSwapped;
  return {
    path: '/predictions/prices',
    headers: { 'content-type': 'application/json' },
    body: HOUSE,
    judge(answer) {
      if (answer.status === 200) return isOfOneRelease(answer) ? 'ok' : 'wrong';
      return mayBeRefused || site.isSwapped ? 'refused' : 'failed';
    },
  };
}

function isOfOneRelease({ headers, body }: LoadAnswer): boolean {
  const number = Number.parseInt(String(headers['x-marserve-model']).replace('prices/', ''), 10);
  const [price] = JSON.parse(body.toString()) as number[];
  return headers['x-marserve-predictor'] === `price/${number}.0` && price === PRICE * number;
}
