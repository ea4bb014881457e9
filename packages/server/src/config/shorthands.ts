/** Keys that other model servers have, and what they say of ours: a host and a port of an address, a file of a folder. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { listenHost, listenPort } from './listen-address.ts';
import { profileLayer } from './profiles.ts';
import type { Layer, Setting } from './sources/layer.ts';
import type { ValueType } from './value-types.ts';

/** @param given what somebody set @returns the same, and what follows from it; values that are wrong are told where they were given */
export function expandShorthands(given: Layer): Layer {
  const withProfile = new Map([...profileOf(given), ...given]);
  const address = inferenceAddress(withProfile);
  const host = withProfile.get('address');
  const grpcPort = withProfile.get('grpc_port');
  return new Map<string, Setting>([
    ...storeOf(given),
    ...withProfile,
    ...(address === undefined ? [] : [['inference_address', address] as const]),
    ...(host === undefined ? [] : [['grpc_inference_address', { ...host, key: 'address' }] as const]),
    ...(grpcPort === undefined ? [] : [['grpc_inference_port', { ...grpcPort, key: 'grpc_port' }] as const]),
  ]);
}

/** Nothing but ONNX Runtime Server is told a single file. */
function profileOf(given: Layer): Layer {
  const file = given.get('model_path');
  return new Map(file && [['profile', { text: 'onnxruntime-server', origin: `profile of ${file.origin}` }]]);
}

/** A folder is the store; a file that is served alone lies in it. */
function storeOf(given: Layer): Layer {
  const [file, folder] = [given.get('model_path') ?? given.get('handler'), folderOf(given)];
  if (folder !== undefined) {
    const isAll = !given.has('model_path') && !given.has('handler');
    return new Map([
      ['model_store', folder],
      ...(isAll ? [['load_models', { text: 'all', origin: folder.origin }] as const] : []),
    ]);
  }
  return new Map(file && [['model_store', { text: path.dirname(file.text), origin: file.origin }]]);
}

/** KServe names it to servers that have none, too. */
function folderOf(given: Layer): Setting | undefined {
  const folder = given.get('model_dir');
  const isThere = folder !== undefined && statSync(folder.text, { throwIfNoEntry: false })?.isDirectory() === true;
  return isThere ? folder : undefined;
}

/** Undefined where nothing of it was given. */
function inferenceAddress(settings: Layer): Setting | undefined {
  const host = validOf(settings.get('address'), listenHost);
  const port = validOf(settings.get('http_port'), listenPort);
  const said = port ?? host;
  if (said === undefined) return undefined;
  const base = settings.get('inference_address') ?? profileLayer(settings).get('inference_address');
  const [, scheme = 'http', ownHost = '127.0.0.1', ownPort = '8080'] =
    /^(https?):\/\/(\[[^\]]+\]|[^:/]+)(?::(\d+))?/i.exec(base?.text ?? '') ?? [];
  const newHost = host === undefined ? ownHost : host.text.includes(':') ? `[${host.text}]` : host.text;
  return { text: `${scheme}://${newHost}:${port?.text ?? ownPort}`, origin: said.origin };
}

function validOf(setting: Setting | undefined, type: ValueType<unknown>): Setting | undefined {
  try {
    if (setting !== undefined) type.parse(setting.text, { cwd: '/' });
    return setting;
  } catch {
    return undefined;
  }
}
