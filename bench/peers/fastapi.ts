/** FastAPI on uvicorn with orjson and ONNX Runtime in the same process: what one writes without a model server. */
import { inPeers, pythonPeer } from './python-peer.ts';

export const fastapi = pythonPeer({
  name: 'fastapi',
  requirements: ['fastapi==0.165.0', 'uvicorn==0.54.0', 'uvloop==0.23.0', 'httptools==0.9.0', 'orjson==3.13.0'],
  settings: [
    {
      label: 'FastAPI + orjson',
      settings: 'one uvicorn process with uvloop and httptools, async def, JSON by orjson, access_log=False',
      batch: 1,
    },
  ],
  command: ({ program }) => ({ program: program('python'), args: [inPeers('fastapi_app.py')] }),
  path: (model) => `/predict/${model}`,
});
