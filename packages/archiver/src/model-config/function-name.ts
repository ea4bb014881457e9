/** Which names a handler's own functions may have. */

const FUNCTION = /^[A-Za-z_$][\w$]*$/;

/** Whether it is one; what every object has is no function of the handler's. */
export function isFunctionName(name: unknown): boolean {
  return typeof name === 'string' && FUNCTION.test(name) && !(name in {});
}
