/** Puts off what need not be done again and again. */

/** @returns what has the action done when the code that runs now is done, once however often it is called */
export function onceInTurn(action: () => void): () => void {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    queueMicrotask(() => {
      isDue = false;
      action();
    });
  };
}
