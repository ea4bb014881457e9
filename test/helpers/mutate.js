/** One to three changes: bits flipped, bytes replaced, cut out, put in, doubled or moved, or the end cut off. */
export function mutate(bytes, random) {
  let mutated = Buffer.from(bytes);
  for (let change = random.integer(1, 3); change > 0; change -= 1) mutated = random.pick(CHANGES)(mutated, random);
  return mutated;
}
const CHANGES = [
  (bytes, random) => replace(bytes, random, (byte) => byte ^ (1 << random.integer(0, 7))),
  (bytes, random) => replace(bytes, random, () => random.integer(0, 255)),
  (bytes, random) => replace(bytes, random, () => random.pick([0, 0x22, 0x2c, 0x5b, 0x7b, 0x7f, 0xff])),
  (bytes, random) => splice(bytes, random, () => Buffer.alloc(0)),
  (bytes, random) => splice(bytes, random, () => random.bytes(random.integer(1, 20))),
  (bytes, random) => splice(bytes, random, (part) => Buffer.concat([part, part])),
  (bytes, random) => Buffer.from(bytes.subarray(0, random.integer(0, bytes.length))),
];
function replace(bytes, random, change) {
  const place = random.integer(0, Math.max(0, bytes.length - 1));
  const mutated = Buffer.from(bytes);
  if (place < mutated.length) mutated[place] = change(mutated[place] ?? 0);
  return mutated;
}
function splice(bytes, random, change) {
  const start = random.integer(0, bytes.length);
  const end = random.integer(start, Math.min(bytes.length, start + 20));
  return Buffer.concat([bytes.subarray(0, start), change(bytes.subarray(start, end)), bytes.subarray(end)]);
}
//# sourceMappingURL=mutate.js.map
