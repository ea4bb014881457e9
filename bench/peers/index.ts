/** Who is measured beside marserve, in the order of the table. */
import { bentoml } from './bentoml.ts';
import { fastapi } from './fastapi.ts';
import { litserve } from './litserve.ts';
import { mlserver } from './mlserver.ts';
import { mosec } from './mosec.ts';
import { onnxruntimeServer } from './onnxruntime-server.ts';
import type { Peer } from './peer.ts';
import { torchserve } from './torchserve.ts';

export const PEERS: readonly Peer[] = [mosec, onnxruntimeServer, fastapi, torchserve, mlserver, litserve, bentoml];
