/** The facts that the protocols' codecs send beside an answer, checked where they arrive. */
import { replyMetaProblem } from './torchserve/reply-meta.ts';

const CHECKS: Readonly<Record<string, (meta: unknown) => string | undefined>> = { torchserve: replyMetaProblem };

/** What is wrong with them, by the name of the codec; undefined when nothing is. */
export function metaProblem(codec: string, meta: unknown): string | undefined {
  const check = CHECKS[codec];
  return check === undefined ? `an answer of the unknown codec "${codec}"` : check(meta);
}
