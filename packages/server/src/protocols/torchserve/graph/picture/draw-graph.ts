/** A graph as a picture for people: from left to right, with the rates and times of the last minute. */
import type { PlannedPart, PlannedStep } from '@marserve/handlers/graph-plan';
import type { GraphView, ViewedEdge, ViewedStep } from '../graph-view.ts';
import { inParallel, inRow, MEETING_POINT, withInstead, type Block, type DrawWay } from './blocks.ts';
import { drawNode, drawSmall, labelOf, NODE, smallWidth } from './step-shapes.ts';
import { at, BEND, box, corner, curve, dot, escapeXml, text, titled } from './svg.ts';
import { STYLE } from './theme.ts';
import { rateText, shareText, shortened } from './units.ts';

const MARGIN = 24;
const HEAD = 64;
const GAP = 72;
/** Of ways that part. */
const BRANCH_GAP = BEND + GAP;
/** Of ways with words on them. */
const WORDY_GAP = BEND + 200;
const WORDS = 32;
const LEAST_WIDTH = 460;

/** What is drawn. */
export interface DrawnGraph {
  /** Its steps. */
  readonly plan: PlannedStep;
  /** Their figures. */
  readonly view: GraphView;
}

/** A document of SVG. */
export function drawGraph({ plan, view }: DrawnGraph): string {
  const graph = new Drawing(view).all(plan);
  const width = Math.max(graph.width + 2 * MARGIN, LEAST_WIDTH);
  const height = HEAD + graph.up + graph.down + 2 * MARGIN;
  const name = `${view.modelName}/${view.modelVersion}`;
  const size = `width="${Math.ceil(width)}" height="${Math.ceil(height)}" viewBox="0 0 ${Math.ceil(width)} ${Math.ceil(height)}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-labelledby="title">
<title id="title">${escapeXml(`The graph ${name}`)}</title><style>${STYLE}</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path class="head" d="M0 0L8 4L0 8z"/></marker></defs>
${box({ x: 0, y: 0, width, height, radius: 0 }, 'paper')}
${drawHead(view, name)}
${at({ x: MARGIN, y: HEAD + MARGIN + graph.up }, graph.content)}
</svg>
`;
}

function drawHead({ ready, reason = '' }: GraphView, name: string): string {
  const state = ready ? 'ready' : `not ready: ${shortened(reason, 100)}`;
  return [
    text({ x: MARGIN, y: 36 }, shortened(name, 60), { style: 'title ink' }),
    dot({ x: MARGIN + 5, y: 53 }, 4, ready ? 'fine' : 'down'),
    text({ x: MARGIN + 16, y: 57 }, `${state} · figures of the last minute`, { style: 'muted' }),
  ].join('');
}

class Drawing {
  readonly #steps: ReadonlyMap<string, ViewedStep>;
  readonly #edges: readonly ViewedEdge[];

  constructor({ nodes, edges }: GraphView) {
    this.#steps = new Map(nodes.map((node) => [node.name, node]));
    this.#edges = edges;
  }

  all(plan: PlannedStep): Block {
    const graph = { block: this.#block(plan), way: this.#way('client', firstOf(plan)), gap: GAP };
    return inRow(END, [graph, { block: END, way: this.#way(lastOf(plan), 'client'), gap: GAP }]);
  }

  #block(step: PlannedStep): Block {
    const block = this.#ownBlock(step);
    const { fallback } = step;
    if (fallback === undefined) return block;
    return withInstead(block, { block: this.#block(fallback), way: this.#way(lastOf(step), firstOf(fallback)) });
  }

  #ownBlock(step: PlannedStep): Block {
    const viewed = this.#steps.get(step.name);
    if (step.kind === 'sequence') return this.#sequence(step.parts);
    if (step.kind !== 'node' && step.kind !== 'module') return this.#fork(step);
    return { width: NODE.width, up: NODE.height / 2, down: NODE.height / 2, content: viewed ? drawNode(viewed) : '' };
  }

  #sequence(parts: readonly PlannedPart[]): Block {
    const [first, ...others] = parts.map(({ step }, index) => {
      const before = parts[index - 1];
      const way = before === undefined ? () => '' : this.#way(lastOf(before.step), firstOf(step));
      return { block: this.#block(step), way, gap: GAP };
    });
    return first === undefined ? MEETING_POINT : inRow(first.block, others);
  }

  #fork(step: PlannedStep): Block {
    const isWordy = step.parts.some(({ condition, share }) => condition !== undefined || share !== undefined);
    const branches = step.parts.map(({ step: part }) => ({
      block: this.#block(part),
      way: this.#way(step.name, firstOf(part)),
      gap: isWordy ? WORDY_GAP : BRANCH_GAP,
    }));
    const join =
      step.kind === 'parallel'
        ? small(shortened(step.how ?? '', 24), `Answers become one: ${step.how}`)
        : MEETING_POINT;
    return inParallel({ fork: small(labelOf(step), `${step.name} (${step.kind})`), branches, join });
  }

  #way(from: string, to: string): DrawWay {
    const edge = this.#edges.find((each) => each.from === from && each.to === to);
    return (begin, end) => (edge === undefined ? '' : drawWay(edge, begin, end));
  }
}

/** The client, on both sides. */
const END: Block = { width: 12, up: 6, down: 6, content: titled('client', dot({ x: 6, y: 0 }, 6, 'end')) };

function small(label: string, title: string): Block {
  return { width: smallWidth(label), up: 13, down: 13, content: drawSmall(label, title) };
}

function drawWay(edge: ViewedEdge, begin: Parameters<DrawWay>[0], end: Parameters<DrawWay>[1]): string {
  const { from, to, condition, share, fallback, requests, perSecond } = edge;
  const words = condition ?? (share === undefined ? undefined : shareText(share));
  const style = ['way', ...(fallback === true ? ['fallback'] : perSecond === 0 ? ['idle'] : [])].join(' ');
  const line = fallback === true ? corner(begin, end, style) : curve(begin, end, style);
  const middle = words === undefined && begin.y === end.y;
  const anchor = middle ? 'middle' : 'end';
  const x = middle ? (begin.x + end.x) / 2 - 3 : end.x - 12;
  const title = `${from} → ${to}${words === undefined ? '' : ` (${words})`}${fallback === true ? ' when it fails' : ''}: ${rateText(perSecond)}, ${requests} requests`;
  const above =
    words === undefined ? '' : text({ x, y: end.y - 6 }, shortened(words, WORDS), { style: 'small ink', anchor });
  const rateY = words === undefined ? end.y - 6 : end.y + 14;
  return titled(
    title,
    line.replace('/>', ' marker-end="url(#head)"/>') +
      above +
      text({ x, y: rateY }, rateText(perSecond), { style: 'small muted', anchor }),
  );
}

function firstOf(step: PlannedStep): string {
  const first = step.kind === 'sequence' ? step.parts[0] : undefined;
  return first === undefined ? step.name : firstOf(first.step);
}

function lastOf(step: PlannedStep): string {
  const last = step.kind === 'sequence' ? step.parts.at(-1) : undefined;
  return last === undefined ? step.name : lastOf(last.step);
}
