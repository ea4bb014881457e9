/** What a protocol is: its endpoints, how it words errors, and what its codec may tell of an answer. */
import type { ControlPlane } from '../core/control-plane.ts';
import type { DataPlane } from '../core/data-plane.ts';
import type { LogControl } from '../core/logger.ts';
import type { GoldenCodec } from '../core/golden/golden-check.ts';
import type { ExplainerOf } from '../core/registry/explainers.ts';
import type { RouteSource } from '../core/registry/model-routes.ts';
import type { Workflows } from '../deployment/workflows/workflows.ts';
import type { Codec } from './codec.ts';
import type { Endpoint, FailedRequest, LiveEndpoints, PlainResponse } from './endpoint.ts';
import type { RpcProtocol } from './rpc.ts';

/** Resident memory of processes in bytes; those that are gone are missing. */
export type MemoryOf = (pids: readonly number[]) => Promise<ReadonlyMap<number, number>>;

/** What the endpoints of a protocol may use of the server. */
export interface Planes {
  /** Predictions, explanations, readiness and metadata. */
  readonly dataPlane: DataPlane;
  /** Which model answers who asks another one to explain. */
  readonly explainerOf: ExplainerOf;
  /** The routes of handlers' own. */
  readonly routes: RouteSource;
  /** What changes models. */
  readonly controlPlane: ControlPlane;
  /** Models that are joined in the manner of TorchServe. */
  readonly workflows: Pick<Workflows, 'list' | 'find' | 'register' | 'unregister'>;
  /** For descriptions of workers. */
  readonly memoryOf: MemoryOf;
  /** Whether models may be registered and unregistered (`enable_model_api`). */
  readonly modelApiEnabled: boolean;
  /** Whether the management API is served at the address of the inference API, over HTTP or over gRPC, whichever asks. */
  readonly isManagedBesideInference: boolean;
  /** Switches what is logged. */
  readonly logControl: LogControl;
  /** For descriptions of the server. */
  readonly serverVersion: string;
  /** The profile of the configuration: which server this one stands in for. */
  readonly profile: string;
}

/** A protocol over HTTP, for the daemon. */
export interface Protocol {
  /** Its endpoints over HTTP, most used first. */
  readonly createEndpoints: (planes: Planes) => readonly Endpoint[];
  /** Those that come and go with models, at the inference address; by default none do. */
  readonly liveEndpoints?: (planes: Planes) => LiveEndpoints;
  /** The response for anything thrown: of a closed table, by the house's error codes. @param request undefined where it is not known */
  readonly errorResponse: (thrown: unknown, request?: FailedRequest) => PlainResponse;
  /**
   * What is wrong with the facts beside an answer, which is what a handler made of them by way of the codec; undefined when
   * nothing is.
   */
  readonly replyProblem: (meta: unknown) => string | undefined;
  /** Golden requests in this protocol, where it has them. */
  readonly goldenCodec?: GoldenCodec;
}

/** A protocol by its name; its parts are loaded where they are needed. */
export interface ProtocolEntry {
  /** Also that of its codec. */
  readonly name: string;
  /** For the daemon; as the server of a profile speaks it, where those that do differ. */
  readonly load: (profile: string) => Promise<Protocol>;
  /** For the worker. */
  readonly loadCodec: () => Promise<Codec>;
  /** Profiles of the configuration in which it answers what no protocol knows; in all others the first one does. */
  readonly profiles?: readonly string[];
  /** TorchServe's service envelopes that its codec reads and writes. */
  readonly envelopes?: readonly string[];
  /** For the daemon, when a client comes over gRPC; undefined for a protocol that is not spoken there. */
  readonly loadRpc?: (profile: string) => Promise<RpcProtocol>;
  /** For the worker, of messages of gRPC, where those are not what `loadCodec` reads. */
  readonly loadRpcCodec?: () => Promise<Codec>;
}

/** How the codec of a protocol's messages is called. */
export function rpcCodecOf(protocol: string): string {
  return `${protocol}/grpc`;
}
