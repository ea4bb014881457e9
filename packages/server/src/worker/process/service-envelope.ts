/** The service envelope of a model: its own, or the server's. */
import type { HandlerManifest } from '@marserve/handlers';
import type { ServiceEnvelope } from '../../protocols/codec.ts';
import { PROTOCOLS } from '../../protocols/index.ts';
import { loadCodec } from './codecs.ts';

/** Who may name an envelope, the strongest first. */
export interface EnvelopeSources {
  /** The model's YAML file. */
  readonly modelConfig: Readonly<Record<string, unknown>>;
  /** Of the archive. */
  readonly manifest: HandlerManifest;
  /** Name of the server's own; undefined for none. */
  readonly serviceEnvelope?: string | undefined;
}

/** Undefined for none. @throws Error for a name that no protocol reads */
export async function loadEnvelope(sources: EnvelopeSources): Promise<ServiceEnvelope | undefined> {
  const name = sources.modelConfig.serviceEnvelope || sources.manifest.model.envelope || sources.serviceEnvelope;
  if (name === undefined || name === '' || name === null) return undefined;
  if (name === 'body') return { name };
  const protocol = PROTOCOLS.find(({ envelopes = [] }) => envelopes.some((each) => each === name));
  if (protocol !== undefined) return { name: name as string, codec: await loadCodec(protocol.name) };
  const known = PROTOCOLS.flatMap(({ envelopes = [] }) => envelopes);
  throw new Error(`The service envelope ${JSON.stringify(name)} is not one of body, ${known.join(', ')}`);
}
