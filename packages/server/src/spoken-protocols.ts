/** The protocols that a server speaks, loaded. */
import type { SpokenProtocol } from './apis.ts';
import { MODEL_CALLS, PROTOCOLS } from './protocols/index.ts';
import { rpcCodecOf, type ProtocolEntry } from './protocols/protocol.ts';
import type { WorkerProcessOptions } from './worker/host/worker-process-options.ts';

/** That of the profile comes first. */
export async function loadProtocols(profile: string): Promise<SpokenProtocol[]> {
  const isMain = ({ profiles = [] }: ProtocolEntry) => profiles.includes(profile);
  const entries = [...PROTOCOLS].sort((one, other) => Number(isMain(other)) - Number(isMain(one)));
  return Promise.all(entries.map(async ({ name, load }) => ({ ...(await load(profile)), name })));
}

/** What is wrong with the facts beside an answer, by the codec that made them. */
export function replyProblemOf(protocols: readonly SpokenProtocol[]): WorkerProcessOptions['replyProblem'] {
  const checks = new Map(
    protocols.flatMap(({ name, replyProblem }) => [
      [name, replyProblem],
      [rpcCodecOf(name), replyProblem],
    ]),
  );
  // Beside what models tell each other there are no facts.
  for (const { name } of Object.values(MODEL_CALLS)) checks.set(name, () => undefined);
  return (codec, meta) => {
    const check = checks.get(codec);
    return check === undefined ? `an answer of the unknown codec "${codec}"` : check(meta);
  };
}
