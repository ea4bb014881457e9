/** Which APIs front ends serve, and which the main process serves alone. */
import type { Api } from './apis.ts';
import type { GrpcApi } from './grpc-apis.ts';
import { isSameAddress } from './listeners.ts';

/** The APIs of a server with front ends. */
export interface SplitApis {
  /** Predictions, and whatever has the same address. */
  readonly ofFrontEnds: readonly (Api | GrpcApi)[];
  /** The others. */
  readonly ofMain: readonly (Api | GrpcApi)[];
}

/** By their addresses, each of which is one process's, or that of all front ends. */
export function splitApis(apis: readonly (Api | GrpcApi)[]): SplitApis {
  const predictions = apis.filter(({ name }) => name === 'inference' || name === 'grpc_inference');
  const isOfFrontEnds = (api: Api | GrpcApi) =>
    predictions.some((other) => other === api || isSameAddress(other.address, api.address));
  return { ofFrontEnds: apis.filter(isOfFrontEnds), ofMain: apis.filter((api) => !isOfFrontEnds(api)) };
}
