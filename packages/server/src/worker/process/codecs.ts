/** The codecs of all protocols by name, loaded when a request first asks for one. */
import type { Codec } from '../../protocols/codec.ts';
import { MODEL_CALLS, PROTOCOLS } from '../../protocols/index.ts';
import { rpcCodecOf } from '../../protocols/protocol.ts';

const LOADERS = new Map([
  ...PROTOCOLS.flatMap(({ name, loadCodec: load, loadRpcCodec = load }) => [
    [name, load] as const,
    [rpcCodecOf(name), loadRpcCodec] as const,
  ]),
  ...Object.values(MODEL_CALLS).map(({ name, loadCodec: load }) => [name, load] as const),
]);
const loaded = new Map<string, Codec>();

/** One that was loaded before. */
export function knownCodec(name: string): Codec | undefined {
  return loaded.get(name);
}

/** @throws Error for a name that no protocol has */
export async function loadCodec(name: string): Promise<Codec> {
  const load = LOADERS.get(name);
  if (load === undefined) throw new Error(`no codec is called "${name}"`);
  const codec = await load();
  loaded.set(name, codec);
  return codec;
}
