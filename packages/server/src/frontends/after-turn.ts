/**
 * Looks at things when the present turn of the event loop is over. Most bodies and answers are over, too, by then, and need
 * neither timer nor listener.
 */

let callbacks: (() => void)[] = [];

/** @param callback never throws */
export function afterTurn(callback: () => void): void {
  if (callbacks.push(callback) === 1) setImmediate(runAll);
}

function runAll(): void {
  const due = callbacks;
  callbacks = [];
  for (const callback of due) callback();
}
