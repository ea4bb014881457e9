/** The codecs of all protocols by name, loaded when a request first asks for one. */
import type { Codec } from '../../protocols/codec.ts';
import { PROTOCOLS } from '../../protocols/index.ts';

const loaded = new Map<string, Codec>();

/** @throws Error for a name that no protocol has */
export async function loadCodec(name: string): Promise<Codec> {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const protocol = PROTOCOLS.find((each) => each.name === name);
  if (protocol === undefined) throw new Error(`no codec is called "${name}"`);
  const codec = await protocol.loadCodec();
  loaded.set(name, codec);
  return codec;
}
