import { describe, expect, it, onTestFinished } from 'vitest';
import { ScriptedWorker, settled, silent, uncounted } from '../test-support/scripted-version.ts';
import { SETTINGS } from '../test-support/version-settings.ts';
import { ServeError } from './errors.ts';
import { ModelVersion } from './model-version.ts';
import { StartGate } from './workers/start-gate.ts';
import { STEADY_CALLER, type BatchEnd, type Job, type JobAnswer, type JobPart, type PartListener } from './jobs/job.ts';

/** A worker that also says parts when the test says so. */
class PartsWorker extends ScriptedWorker {
  #listener: PartListener = () => {};

  override run(batch: readonly Job[], onPart: PartListener = () => {}): Promise<BatchEnd> {
    this.#listener = onPart;
    return super.run(batch);
  }

  say(part: JobPart, row = 0): void {
    const job = this.batches.at(-1)?.[row];
    if (job !== undefined) this.#listener(job, part);
  }
}

const part = (text: string): JobPart => ({
  outcome: { ok: true, result: { meta: text, body: Buffer.from(text) } },
  isLast: false,
});

async function createVersion(batchSize = 1) {
  const workers: PartsWorker[] = [];
  const version = new ModelVersion({
    key: { name: 'm', version: '1.0' },
    settings: { ...SETTINGS, batchSize },
    launch: () => {
      const worker = new PartsWorker();
      workers.push(worker);
      worker.becomeReady();
      return worker;
    },
    nextWorkerId: () => String(workers.length),
    gate: new StartGate({ atOnce: 100 }),
    mayGrow: () => true,
    metrics: uncounted,
    logger: silent,
  });
  onTestFinished(async () => void (await version.close(0)));
  await version.scale(1, 1);
  return { version, workers, worker: workers[0] as PartsWorker };
}

const submit = (version: ModelVersion, requestId: string) =>
  version.dispatcher.submit({ operation: 'predict', requestId, codec: 'c', headers: [], inputs: [] }, STEADY_CALLER);

async function textsOf({ body, rest }: JobAnswer): Promise<string[]> {
  const texts = [Buffer.from(body).toString()];
  for await (const each of rest ?? []) texts.push(Buffer.from(each.body).toString());
  return texts;
}

describe('an answer in parts', () => {
  it('is there with its first part, and has all of them in their order', async () => {
    const { version, worker } = await createVersion();
    const submitted = submit(version, 'a');
    worker.say(part('one'));
    const answer = await submitted;
    expect(answer.meta).toBe('one');
    worker.say(part('two'));
    worker.say({ isLast: true });
    expect(await textsOf(answer)).toEqual(['one', 'two']);
  });

  it('that is over with its only part is one as any other', async () => {
    const { version, worker } = await createVersion();
    const submitted = submit(version, 'a');
    worker.say({ ...part('all'), isLast: true });
    const answer = await submitted;
    expect([answer.rest, Buffer.from(answer.body).toString()]).toEqual([undefined, 'all']);
  });

  it('does not begin anew when its worker dies, and what waits behind it is run by another', async () => {
    const { version, worker, workers } = await createVersion();
    const [streamed, whole] = [submit(version, 'streamed'), submit(version, 'whole')];
    worker.say(part('one'));
    const answer = await streamed;
    worker.die('killed');
    await expect(textsOf(answer)).rejects.toMatchObject({ code: 'worker_died' });
    await expect.poll(() => workers[1]?.batches.flat().map(({ request }) => request.requestId)).toEqual(['whole']);
    workers[1]?.answer();
    expect((await whole).meta).toBe('whole');
  });

  it('fails with the reason that its worker gives, before a part or behind one', async () => {
    const { version, worker } = await createVersion();
    const failure: JobPart = {
      outcome: { ok: false, error: new ServeError('handler_failed', 'upset') },
      isLast: true,
    };
    const first = submit(version, 'a');
    worker.say(failure);
    await expect(first).rejects.toThrow('upset');
    worker.answer();
    await settled();
    const second = submit(version, 'b');
    worker.say(part('one'));
    const answer = await second;
    worker.say(failure);
    await expect(textsOf(answer)).rejects.toThrow('upset');
  });
});
