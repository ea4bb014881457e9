/** LitServe: FastAPI in one process, a worker process for each model. */
import { inPeers, pythonPeer, WAIT_MS } from './python-peer.ts';

const SETTINGS = 'workers_per_device=1, num_api_servers=1, fast_queue=True (ZeroMQ), access_log=False';

export const litserve = pythonPeer({
  name: 'litserve',
  requirements: ['litserve==0.2.19', 'pyzmq==27.3.0'],
  settings: [
    {
      label: 'LitServe, batches ≤ 32',
      settings: `${SETTINGS}, max_batch_size=32, batch_timeout=${WAIT_MS / 1000}`,
      batch: 32,
    },
    { label: 'LitServe, one by one', settings: SETTINGS, batch: 1 },
  ],
  command: ({ program }) => ({ program: program('python'), args: [inPeers('litserve_app.py')] }),
  path: (model) => `/predict/${model}`,
});
