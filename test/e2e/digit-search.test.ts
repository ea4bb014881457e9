import { readFile, readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addDigitSearch } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send, sendJson } from '../helpers/http.ts';
import { ROOT } from '../helpers/pages.ts';

const EXAMPLE = `${ROOT}examples/digit-search/`;

interface Match {
  readonly dist: number;
  readonly pred: number;
}

let daemon: Daemon;
let predictions: string;
let first: Buffer;

beforeAll(async () => {
  first = await readFile(`${EXAMPLE}held-out/0000.png`);
  daemon = await startDaemon({ fill: addDigitSearch });
  await registerModels(daemon, ['embedding'], 'batch_size=16');
  predictions = `${daemon.inference}/predictions/embedding`;
});

afterAll(() => daemon.close());

describe('digit-search', () => {
  it('is as right over REST as the training script measured in Python', async () => {
    const names = (await readdir(`${EXAMPLE}held-out`)).filter((name) => name.endsWith('.png')).toSorted();
    const labels = JSON.parse(await readFile(`${EXAMPLE}held-out/labels.json`, 'utf8')) as number[];
    const report = JSON.parse(await readFile(`${EXAMPLE}train/report.json`, 'utf8')) as { accuracy: number };
    const answers: Match[] = [];
    // As many at once as the queue holds.
    for (let start = 0; start < names.length; start += 90) {
      const some = names.slice(start, start + 90).map(async (name) => {
        const body = await readFile(`${EXAMPLE}held-out/${name}`);
        return (await send(predictions, { method: 'POST', body })).json<Match>();
      });
      answers.push(...(await Promise.all(some)));
    }
    const accuracy = answers.filter(({ pred }, row) => pred === labels[row]).length / names.length;
    expect(accuracy).toBeGreaterThanOrEqual(0.95);
    expect(Math.abs(accuracy - report.accuracy)).toBeLessThanOrEqual(0.005);
  });

  it('takes the image as a body, as a form field, and as base64 in JSON', async () => {
    const form = new FormData();
    form.set('data', new Blob([first]), '0000.png');
    const answers = await Promise.all([
      send(predictions, { method: 'POST', body: first }),
      send(predictions, { method: 'POST', body: form }),
      sendJson(predictions, JSON.stringify(first.toString('base64'))),
    ]);
    const [expected] = answers;
    for (const answer of answers) expect(answer.json()).toEqual(expected?.json());
  });

  it('refuses what is not an image, and answers its neighbours in the batch', async () => {
    const [good, bad] = await Promise.all([
      send(predictions, { method: 'POST', body: first }),
      send(predictions, { method: 'POST', body: Buffer.from('no image') }),
    ]);
    expect(good.json<Match>().pred).toBe(7);
    expect(bad.json()).toMatchObject({ code: 400, message: expect.stringContaining('image') as string });
  });
});
