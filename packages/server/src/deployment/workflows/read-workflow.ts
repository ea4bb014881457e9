/** How archives of workflows are looked into. */
import type { Workflow } from '@marserve/archiver/workflow';

/** Reads manifest and spec of an archive. @throws ServeError as `ModelSource.open` */
export type ReadWorkflow = (url: string, signal?: AbortSignal) => Promise<Workflow>;
