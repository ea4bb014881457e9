#!/usr/bin/env node
/** Readers who come one after the other, and tell whether they have opened the article: prints which of them saw the one for them. */
const [inference] = process.argv.slice(2);

const READERS = 400;
/** Likes of a reader (evenings at home, runs, owns a telescope) as the request has them, and the article for each. */
const KINDS = [
  { likes: [1, 0, 0], article: 'politics' },
  { likes: [0, 1, 0], article: 'sports' },
  { likes: [0, 0, 1], article: 'science' },
];

let seed = 7;
const shown = [];
for (let reader = 0; reader < READERS; reader += 1) {
  const { likes, article } = KINDS[Math.floor(chance() * KINDS.length)];
  const { headers } = await post(`${inference}/v1/models/news:predict`, { instances: [likes] });
  const isRight = headers.get('x-marserve-route') === `router=${article}`;
  const reward = chance() < (isRight ? 0.7 : 0.2) ? 1 : 0;
  await post(`${inference}/feedback/news`, { id: headers.get('x-request-id'), reward });
  shown.push(isRight);
}
const share = (readers) => readers.filter(Boolean).length / readers.length;
console.log(JSON.stringify({ learned: share(shown.slice(0, 50)) < share(shown.slice(-100)) && share(shown.slice(-100)) > 0.9 }));

async function post(url, body) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  await response.arrayBuffer();
  return response;
}

/** The same readers each time. */
function chance() {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
}
