/** mosec: a front end in Rust, a queue, and a worker process in Python. */
import { flags, inPeers, pythonPeer, WAIT_MS } from './python-peer.ts';

const SETTINGS = 'Runtime(num=1) a model, JSON by orjson, --log-level error';

export const mosec = pythonPeer({
  name: 'mosec',
  requirements: ['mosec==0.9.8', 'orjson==3.13.0'],
  settings: [
    {
      label: 'mosec, batches ≤ 32',
      settings: `${SETTINGS}, max_batch_size=32, max_wait_time=${WAIT_MS}`,
      batch: 32,
    },
    { label: 'mosec, one by one', settings: SETTINGS, batch: 1 },
  ],
  command: ({ program, port, folder }) => ({
    program: program('python'),
    args: [
      inPeers('mosec_app.py'),
      // A socket's path may have 107 bytes, and there is one for each model below `path`.
      ...flags({ address: '127.0.0.1', port, 'log-level': 'error', path: `${folder}/m` }),
    ],
  }),
  path: (model) => `/predict/${model}`,
});
