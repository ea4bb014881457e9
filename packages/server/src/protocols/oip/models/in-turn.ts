/** Work on things with names: on one of them, one after the other. */

/** Runs work when what was begun on the same name before is over, however that ended. */
export type InTurn = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/** Turns of their own. */
export function createTurns(): InTurn {
  const last = new Map<string, Promise<unknown>>();
  return (name, work) => {
    const run = (last.get(name) ?? Promise.resolve()).then(work, work);
    last.set(name, run);
    const forget = () => {
      if (last.get(name) === run) last.delete(name);
    };
    run.then(forget, forget);
    return run;
  };
}
