/** Profiles: defaults with which the server stands in for another one. Whatever somebody sets wins over them. */
import type { Layer, Setting } from './sources/layer.ts';

/** The default of a key, or the key whose value it has. */
export type ProfileDefault = string | { readonly as: string };

/** One profile. */
export interface Profile {
  /** Key of the configuration → its default. */
  readonly defaults: Readonly<Record<string, ProfileDefault>>;
  /** Variable of the environment by which the other server is told something → key, and what stands before the value. */
  readonly variables?: Readonly<Record<string, { readonly key: string; readonly prefix?: string }>>;
}

/** Both of these servers manage models at the addresses where they predict. */
const MANAGED_BESIDE_INFERENCE = {
  management_address: { as: 'inference_address' },
  grpc_management_address: { as: 'grpc_inference_address' },
  grpc_management_port: { as: 'grpc_inference_port' },
} as const;

const MEGABYTE = 2 ** 20;

/** By their names; the ports and limits are those that each server has itself. */
export const PROFILES = {
  torchserve: { defaults: {} },
  kserve: {
    defaults: {
      inference_address: 'http://127.0.0.1:8080',
      metrics_address: { as: 'inference_address' },
      grpc_inference_port: '8081',
      ...MANAGED_BESIDE_INFERENCE,
      max_request_size: String(8 * MEGABYTE),
      max_response_size: String(8 * MEGABYTE),
    },
  },
  triton: {
    defaults: {
      inference_address: 'http://127.0.0.1:8000',
      metrics_address: 'http://127.0.0.1:8002',
      grpc_inference_port: '8001',
      ...MANAGED_BESIDE_INFERENCE,
      max_request_size: String(64 * MEGABYTE),
      max_response_size: String(64 * MEGABYTE),
    },
  },
  'onnxruntime-server': {
    defaults: {
      inference_address: 'http://127.0.0.1:8001',
      metrics_address: { as: 'inference_address' },
      grpc_inference_port: '50051',
      // It has no management: whoever may predict need not reach ours.
      management_address: 'http://127.0.0.1:0',
      grpc_management_port: '0',
      max_request_size: String(25 * MEGABYTE),
      max_response_size: String(25 * MEGABYTE),
    },
  },
  // The wrapper's ports, one for each thing.
  seldon: {
    defaults: {
      inference_address: 'http://127.0.0.1:9000',
      metrics_address: 'http://127.0.0.1:6000',
      grpc_inference_port: '5000',
      // It has no management: whoever may predict need not reach ours.
      management_address: 'http://127.0.0.1:0',
      grpc_management_port: '0',
      // What a component is told of its place in the graph.
      worker_env_vars:
        '^(PREDICTIVE_UNIT_.*|PREDICTOR_.*|SELDON_.*|MODEL_NAME|MODEL_METADATA|SERVICE_TYPE|INCLUDE_METRICS_IN_CLIENT_RESPONSE)$',
    },
    variables: {
      PREDICTIVE_UNIT_HTTP_SERVICE_PORT: { key: 'http_port' },
      PREDICTIVE_UNIT_GRPC_SERVICE_PORT: { key: 'grpc_port' },
      PREDICTIVE_UNIT_METRICS_SERVICE_PORT: { key: 'metrics_address', prefix: 'http://127.0.0.1:' },
      SELDON_LOG_LEVEL: { key: 'log_level' },
    },
  },
} as const satisfies Record<string, Profile>;

/** The name of a profile. */
export type ProfileName = keyof typeof PROFILES;

/** In the order of the docs. */
export const PROFILE_NAMES = Object.keys(PROFILES) as readonly ProfileName[];

/** What the environment says in the other server's words. @param given what somebody set in ours, which wins */
export function variablesLayer(given: Layer, env: NodeJS.ProcessEnv): Layer {
  const { variables = {} }: Profile = PROFILES[profileName(given)];
  const settings = Object.entries(variables).flatMap(([name, { key, prefix = '' }]) => {
    const text = env[name];
    return text === undefined || given.has(key) ? [] : [[key, { text: prefix + text, origin: name }] as const];
  });
  return new Map(settings);
}

function profileName(given: Layer): ProfileName {
  const named = given.get('profile')?.text.toLowerCase() ?? '';
  return PROFILE_NAMES.find((each) => each === named) ?? 'torchserve';
}

/** @param given what somebody set; a profile that is not known is none, and reported elsewhere */
export function profileLayer(given: Layer): Layer {
  const name = profileName(given);
  const profile: Profile = PROFILES[name];
  const settings = Object.entries(profile.defaults).flatMap(([key, value]) => {
    const setting = resolve(key, value, { name, profile, given });
    return setting === undefined ? [] : [[key, setting] as const];
  });
  return new Map(settings);
}

interface Resolving {
  readonly name: ProfileName;
  readonly profile: Profile;
  readonly given: Layer;
}

/** Undefined where the key whose value it has is without one. */
function resolve(key: string, value: ProfileDefault, { name, profile, given }: Resolving): Setting | undefined {
  if (typeof value === 'string') return { text: value, origin: `${key} of the profile ${name}` };
  const other = given.get(value.as);
  if (other !== undefined) return { ...other, key: value.as };
  const own = profile.defaults[value.as];
  return own === undefined ? undefined : resolve(value.as, own, { name, profile, given });
}
