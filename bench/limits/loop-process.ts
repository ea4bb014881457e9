/** Started by loop.ts. */
import { InferenceSession } from 'onnxruntime-node';
import { answerWith } from '../child.ts';
import { MODELS, type ModelName } from '../models/models.ts';
import type { Sample } from '../sample.ts';
import { percentile } from '../statistics.ts';
import { createImageWork } from './image-work.ts';
import type { LoopAnswer, LoopRequest, LoopWork } from './loop.ts';
import { createJsonWork, createRunWork, type Work } from './tensor-work.ts';

const [name, file, kind] = process.argv.slice(2) as [ModelName, string, LoopWork];

const loading = load();

answerWith(async (message) => {
  const request = message as LoopRequest;
  const work = await loading;
  return request.kind === 'answer'
    ? ({ answer: (await work.batch(1))() } satisfies LoopAnswer)
    : measure(work, request);
});

async function load(): Promise<Work> {
  const model = MODELS[name];
  const session = await InferenceSession.create(file, { intraOpNumThreads: model.threads });
  if (kind === 'image') return createImageWork(session);
  return kind === 'json' ? createJsonWork(session, model) : createRunWork(session, model);
}

async function measure(work: Work, { seconds, batch }: { seconds: number; batch: number }): Promise<Sample> {
  const times: number[] = [];
  const start = performance.now();
  let now = start;
  while (now - start < seconds * 1000) {
    await work.batch(batch);
    const end = performance.now();
    times.push(end - now);
    now = end;
  }
  times.sort((left, right) => left - right);
  return {
    throughput: (times.length * batch * 1000) / (now - start),
    p50: percentile(times, 50),
    p90: percentile(times, 90),
    p99: percentile(times, 99),
  };
}
