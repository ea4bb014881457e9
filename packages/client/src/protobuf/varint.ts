/** Integers of protobuf as bytes: seven bits in each, the lowest first. */

/** How many bytes an integer takes. @param value not negative, and exact as a number */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 128; rest /= 128) length += 1;
  return length;
}

/** @returns where the next byte goes */
export function writeVarint(target: Uint8Array, offset: number, value: number): number {
  let [at, rest] = [offset, value];
  for (; rest >= 128; rest = Math.floor(rest / 128)) target[at++] = (rest % 128) + 128;
  target[at++] = rest;
  return at;
}
