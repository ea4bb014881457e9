/** Bytes that were right, and no longer are. */
import type { Random } from './random.ts';
/** One to three changes: bits flipped, bytes replaced, cut out, put in, doubled or moved, or the end cut off. */
export declare function mutate(bytes: Buffer, random: Random): Buffer;
//# sourceMappingURL=mutate.d.ts.map
