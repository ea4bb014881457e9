/** Archives that are made to keep the server busy are registered, one after the other: requests and pings go on beside them. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ECHO } from '../../fixtures/handlers.ts';
import { hostileArchives, type HostileArchive } from '../../fixtures/hostile-archives.ts';
import { addArchive } from '../../helpers/archives.ts';
import { startDaemon, type Daemon } from '../../helpers/daemon.ts';
import { post, remove } from '../../helpers/http.ts';
import { startPings } from '../../helpers/pings.ts';
import { startEchoLoad } from '../echo-load.ts';
import { pingFindings } from '../ping-findings.ts';
import { conclude, type Chaos, type ChaosResult } from '../scenario.ts';

/** Lengths of the texts in them. */
const TEXT_BYTES = { short: [200_000], long: [15_000, 200_000, 1_000_000, 3_000_000] };
/** How many thirds of them are registered. */
const PARTS = { short: 1, long: 3 };
/** A file can have as many faults as it has values; nobody reads them all. */
const LONGEST_REFUSAL = 10_000;

export async function hostileArchivesScenario(chaos: Chaos): Promise<ChaosResult> {
  const { intensity, random, defer, say } = chaos;
  const daemon = await startDaemon({
    config: { access_log: 'off' },
    fill: (store) => addArchive(store, { name: 'good', source: ECHO }),
  });
  defer(() => daemon.close());
  await post(`${daemon.management}/models?url=good.mar&initial_workers=1`);
  const load = startEchoLoad(chaos, daemon, { model: 'good', connections: 4 });
  const pings = startPings(daemon);
  defer(() => pings.stop());
  const counts = { registered: 0, refused: 0 };
  const problems: string[] = [];
  for (const bytes of TEXT_BYTES[intensity]) {
    for (const archive of hostileArchives(bytes)) {
      if (random.integer(1, 3) > PARTS[intensity]) continue;
      const { status, text } = await register(daemon, archive);
      if (status === 200) counts.registered += 1;
      else counts.refused += 1;
      const isClear = status === 200 || (status === 400 && text.length < LONGEST_REFUSAL);
      if (!isClear) problems.push(`${archive.name}: ${status} ${text.slice(0, 200)}`);
      say(`${archive.name}, ${bytes} bytes: ${status}`);
    }
  }
  const times = await pings.stop();
  const result = await load.stop();
  const pinged = pingFindings(times, intensity);
  problems.push(...pinged.problems);
  const facts = { ...counts, ...pinged.facts };
  const thrown = `${counts.registered + counts.refused} archives with hostile YAML, manifests, golden requests and lists of entries`;
  return conclude({ thrown, load: result, facts, problems });
}

/** Whatever comes of it, it is gone afterwards. */
async function register({ store, management }: Daemon, { bytes }: HostileArchive) {
  await writeFile(path.join(store, 'hostile.mar'), bytes);
  const answer = await post(`${management}/models?url=hostile.mar&model_name=hostile`);
  if (answer.status === 200) await remove(`${management}/models/hostile`);
  return answer;
}
