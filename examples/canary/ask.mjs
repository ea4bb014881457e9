#!/usr/bin/env node
/** Asks a graph with a canary until that is promoted or rolled back, and prints what came of the requests. */
const [inference, metrics, graph] = process.argv.slice(2);

const counts = { requests: 0, failed: 0 };
let weight;
do {
  await Promise.all(Array.from({ length: 20 }, ask));
  weight = await weightOfCanary();
} while (weight === undefined);
console.log(JSON.stringify({ failed: counts.failed, weight }));

/** Every third house has no age. */
async function ask() {
  const house = counts.requests++ % 3 === 0 ? [80, 3] : [80, 3, 12];
  const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(house) };
  const response = await fetch(`${inference}/predictions/${graph}`, request);
  const price = Number(await response.text());
  if (price !== (house.length === 2 ? 270 : 258)) counts.failed += 1;
}

/** 100 when it was promoted, 0 when it was rolled back, undefined before. */
async function weightOfCanary() {
  const lines = (await (await fetch(`${metrics}/metrics`)).text()).split('\n').filter((line) => line.includes(`"${graph}"`));
  const valueOf = (...parts) => Number(lines.find((line) => parts.every((part) => line.includes(part)))?.split(' ').at(-1) ?? 0);
  const weight = valueOf('graph_canary_weight{');
  if (weight === 100) return weight;
  // Before it began it had no requests.
  return weight === 0 && valueOf('graph_route_total{', 'arm="canary"') > 1 ? weight : undefined;
}
