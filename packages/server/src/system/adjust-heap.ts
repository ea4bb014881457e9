/** V8's heap, as a process that serves requests needs it. */
import { letHeapGrow } from './grow-heap.ts';
import { boundYoungHeap } from './young-heap.ts';

/**
 * From now on, for this process; to be called once everything is loaded. Under other flags than it was built with, Node compiles those of
 * its own modules that it loads later, instead of taking the code that it carries.
 */
export function adjustHeap(): void {
  letHeapGrow();
  boundYoungHeap();
}
