/** All scenarios, in the order in which they run. */
import type { Scenario } from '../scenario.ts';
import { badCanaries } from './bad-canaries.ts';
import { badHandlers } from './bad-handlers.ts';
import { daemonKills } from './daemon-kills.ts';
import { deadlyRows } from './deadly-rows.ts';
import { fileDescriptors } from './file-descriptors.ts';
import { fullDisk } from './full-disk.ts';
import { graphKills } from './graph-kills.ts';
import { hostileArchivesScenario } from './hostile-archives.ts';
import { hostileBodies } from './hostile-bodies.ts';
import { lostWorkFolder } from './lost-work-folder.ts';
import { hostileFrames } from './hostile-frames.ts';
import { malformedRequests } from './malformed-requests.ts';
import { releasedPairs } from './released-pairs.ts';
import { rewardKills } from './reward-kills.ts';
import { rollingReplacements } from './rolling-replacements.ts';
import { slowClients } from './slow-clients.ts';
import { soak } from './soak.ts';
import { stopsUnderLoad } from './stops-under-load.ts';
import { workerKills } from './worker-kills.ts';
import { workerStorm } from './worker-storm.ts';

export interface NamedScenario {
  /** As on the command line. */
  readonly name: string;
  /** What it holds the server to. */
  readonly promise: string;
  readonly run: Scenario;
}

export const SCENARIOS: readonly NamedScenario[] = [
  { name: 'worker-kills', promise: 'no request is lost while workers are killed', run: workerKills },
  {
    name: 'graph-kills',
    promise: 'no request to a graph is lost while workers of its nodes are killed',
    run: graphKills,
  },
  { name: 'deadly-rows', promise: 'a row that kills its worker fails alone', run: deadlyRows },
  {
    name: 'stops-under-load',
    promise: 'what the server took before it was told to stop is answered',
    run: stopsUnderLoad,
  },
  {
    name: 'rolling-replacements',
    promise: 'no request notices that its version is replaced',
    run: rollingReplacements,
  },
  {
    name: 'released-pairs',
    promise: 'no answer mixes two releases of a model and its transformer',
    run: releasedPairs,
  },
  {
    name: 'bad-canaries',
    promise: 'a bad version fails no more than its share, and is rolled back by itself',
    run: badCanaries,
  },
  { name: 'daemon-kills', promise: 'what was acknowledged outlives the daemon', run: daemonKills },
  { name: 'reward-kills', promise: 'no reward that was answered is lost, and none counts twice', run: rewardKills },
  { name: 'bad-handlers', promise: 'a good model is right whatever its neighbours do', run: badHandlers },
  { name: 'full-disk', promise: 'a full disk stops registrations and nothing else', run: fullDisk },
  { name: 'file-descriptors', promise: 'the server outlives the want of file descriptors', run: fileDescriptors },
  { name: 'malformed-requests', promise: 'no request does harm by its form', run: malformedRequests },
  {
    name: 'hostile-archives',
    promise: 'no archive keeps the server busy',
    run: hostileArchivesScenario,
  },
  {
    name: 'lost-work-folder',
    promise: 'workers start whatever becomes of the unpacked files',
    run: lostWorkFolder,
  },
  {
    name: 'hostile-bodies',
    promise: 'no body costs more than it should, or harms others',
    run: hostileBodies,
  },
  { name: 'slow-clients', promise: 'nobody waits for clients that send or read slowly', run: slowClients },
  { name: 'hostile-frames', promise: 'nothing that a worker sends does harm', run: hostileFrames },
  { name: 'worker-storm', promise: 'the server answers while many workers start and end', run: workerStorm },
  { name: 'soak', promise: 'neither daemon nor worker grows with the requests it answers', run: soak },
];
