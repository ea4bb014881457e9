/** A worker whose process is started when something else is done. */
import { messageOf, ServeError, toServeError } from '../../core/errors.ts';
import type { WorkerLink } from '../../core/workers/worker-link.ts';

/** @param prepared what the start waits for; when it fails, so does the worker, with the same error */
export function launchAfter(prepared: Promise<void>, launch: () => WorkerLink): WorkerLink {
  let link: WorkerLink | undefined;
  let isStopped = false;
  const launched = prepared.then(() => {
    if (isStopped) throw new ServeError('cancelled', 'the worker was stopped before it was started');
    link = launch();
    return link;
  });
  return {
    get pid() {
      return link?.pid;
    },
    get rows() {
      return link?.rows;
    },
    get problem() {
      return link?.problem;
    },
    get predictor() {
      return link?.predictor;
    },
    get isBuiltIn() {
      return link?.isBuiltIn;
    },
    get usedElsewhere() {
      return link?.usedElsewhere;
    },
    get signature() {
      return link?.signature;
    },
    ready: launched.then(({ ready }) => ready).catch((error: unknown) => Promise.reject(toServeError(error))),
    exited: launched.then(({ exited }) => exited).catch(messageOf),
    get channel() {
      return link?.channel;
    },
    async stop() {
      isStopped = true;
      await launched.then((started) => started.stop()).catch(() => {});
    },
  };
}
