/** V8's heap, as a process that serves requests needs it. */
import { letHeapGrow } from './grow-heap.ts';
import { boundYoungHeap } from './young-heap.ts';

/** From now on, for this process. */
export function adjustHeap(): void {
  letHeapGrow();
  boundYoungHeap();
}
