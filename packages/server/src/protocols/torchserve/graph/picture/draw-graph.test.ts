import { planGraph } from '@marserve/handlers/graph-plan';
import { describe, expect, it } from 'vitest';
import { GraphFigures } from '../../../../core/graphs/graph-figures.ts';
import { viewGraph } from '../graph-view.ts';
import { drawGraph } from './draw-graph.ts';

function draw(graph: unknown, reason?: string): string {
  const plan = planGraph({ graph });
  const readinessOf = () => ({ isReady: reason === undefined, ...(reason !== undefined && { reason }) });
  const key = { name: 'm', version: '1' };
  return drawGraph({ plan, view: viewGraph({ key, plan, figures: new GraphFigures(0), readinessOf }) });
}

/** Of all elements by their names, opened and closed. */
const isWellFormed = (svg: string) => {
  const open: string[] = [];
  for (const [, close, name = '', own] of svg.matchAll(/<(\/?)(\w+)(?:\s+[\w-]+(?:="[^"<]*"))*\s*(\/?)>/g)) {
    if (close === '/' && open.pop() !== name) return false;
    if (close === '' && own === '') open.push(name);
  }
  return open.length === 0 && !/&(?!amp;|lt;|gt;|quot;)/.test(svg) && !/NaN|undefined|Infinity/.test(svg);
};

/** A graph of any steps in each other. */
function anyGraph(next: () => number, depth = 0): unknown {
  const kinds = depth > 3 ? ['model'] : ['model', 'sequence', 'parallel', 'switch', 'router', 'fallback'];
  const kind = String(kinds[Math.floor(next() * kinds.length)]);
  const steps = () => Array.from({ length: 1 + Math.floor(next() * 3) }, () => anyGraph(next, depth + 1));
  const named = () => Object.fromEntries(steps().map((step, index) => [`b${index}`, step]));
  switch (kind) {
    case 'sequence':
      return { sequence: steps() };
    case 'parallel':
      return { parallel: named() };
    case 'switch':
      return { switch: steps().map((step) => ({ when: { path: 'instances.0', below: next() }, step })) };
    case 'router':
      return { router: named(), policy: 'weighted', name: `r${Math.floor(next() * 1e9)}` };
    case 'fallback':
      return { sequence: steps(), fallback: anyGraph(next, depth + 1) };
    default:
      return { model: `m${Math.floor(next() * 100)}` };
  }
}

function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('the picture of a graph', () => {
  it.each(Array.from({ length: 40 }, (_, seed) => seed))('has all nodes and ways, with the seed %i', (seed) => {
    const graph = anyGraph(randomOf(seed + 1));
    const plan = planGraph({ graph });
    const svg = draw(graph);
    expect(isWellFormed(svg)).toBe(true);
    const { nodes, edges } = viewGraph({
      key: { name: 'm', version: '1' },
      plan,
      figures: new GraphFigures(0),
      readinessOf: () => ({ isReady: true }),
    });
    for (const { name, kind } of nodes) expect(svg).toContain(kind === 'node' ? `<title>${name} (` : `<title>${name} (${kind})`); // prettier-ignore
    for (const { from, to } of edges) expect(svg).toContain(`<title>${from} → ${to}`);
  });

  it('is read out, and says in words what colours say', () => {
    const svg = draw({ sequence: ['a', { model: 'b', dependency: 'soft' }] }, 'no workers were asked for');
    expect(svg).toContain('<title>a (a): not ready: no workers were asked for; 0/s, p50 –');
    expect(svg).toContain('<title>b (b, soft): not ready');
    expect(svg.match(/>not ready</g)).toHaveLength(2);
  });

  it('shows names that mean something in XML as they are', () => {
    const name = `</text><script>alert("&")</script>\u0001`;
    const svg = draw({ model: 'a', name });
    expect(svg).not.toContain('<script');
    expect(svg).toContain('&lt;/text&gt;&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;\uFFFD (a)');
    expect(isWellFormed(svg)).toBe(true);
  });
});
