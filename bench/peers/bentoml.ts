/** BentoML: a service with an API for each model. */
import { flags, inPeers, pythonPeer } from './python-peer.ts';

const SETTINGS = 'service(workers=1, metrics and access log off), numpy in and out';

export const bentoml = pythonPeer({
  name: 'bentoml',
  requirements: ['bentoml==1.4.40'],
  settings: [
    {
      label: 'BentoML, batches ≤ 32',
      settings: `${SETTINGS}, api(batchable=True, max_batch_size=32, max_latency_ms=10000 so that nothing is refused), whose waiting adapts itself`,
      batch: 32,
    },
    { label: 'BentoML, one by one', settings: SETTINGS, batch: 1 },
  ],
  command: ({ program, port, folder }) => ({
    program: program('bentoml'),
    args: ['serve', 'bentoml_app:OnnxModels', ...flags({ 'working-dir': inPeers(), host: '127.0.0.1', port })],
    env: { BENTOML_HOME: `${folder}/bentoml`, BENTOML_DO_NOT_TRACK: 'true' },
  }),
  path: (model) => `/predict/${model}`,
  bodyOf: (row) => ({ x: [row] }),
  rowOf: (answer) => (answer as readonly unknown[])[0],
});
