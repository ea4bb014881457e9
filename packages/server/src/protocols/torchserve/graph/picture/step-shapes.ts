/** The shapes of single steps: a box for a node, a small one where ways part or meet. */
import type { ViewedStep } from '../graph-view.ts';
import { box, text, titled } from './svg.ts';
import { rateText, shareText, shortened, timeText } from './units.ts';

/** Of a node's box. */
export const NODE = { width: 208, height: 68 };
const SMALL_HEIGHT = 26;
const LETTER = 7;

/** A node at its left middle. */
export function drawNode(step: ViewedStep): string {
  const top = -NODE.height / 2;
  const state = stateOf(step);
  const shape = [
    box({ x: 0, y: top, ...NODE, radius: 6 }, 'card'),
    box({ x: 6, y: top + 8, width: 4, height: NODE.height - 16, radius: 2 }, state.style),
    text({ x: 20, y: top + 23 }, shortened(step.name, 20), { style: 'name ink' }),
    text({ x: 20, y: top + 40 }, shortened(askedText(step), 26), { style: 'small muted' }),
    text({ x: 20, y: top + 57 }, state.text ?? figuresText(step), {
      style: `small ${state.text ? state.style : 'ink'}`,
    }),
  ];
  return titled(titleOf(step), shape.join(''));
}

/** How wide a small box is. */
export function smallWidth(label: string): number {
  return 20 + LETTER * label.length;
}

/** Where ways part or meet, at its left middle. */
export function drawSmall(label: string, title: string): string {
  const width = smallWidth(label);
  const shape = box({ x: 0, y: -SMALL_HEIGHT / 2, width, height: SMALL_HEIGHT, radius: SMALL_HEIGHT / 2 }, 'card');
  return titled(title, shape + text({ x: width / 2, y: 4 }, label, { style: 'ink', anchor: 'middle' }));
}

/** What is written on it: of a router, its policy too. */
export function labelOf({ name, kind, how = '' }: Pick<ViewedStep, 'name' | 'kind' | 'how'>): string {
  return shortened(kind === 'router' ? `${name}: ${how}` : name, 24);
}

function stateOf({ ready, perSecond = 0, recentFailures = 0, soft }: ViewedStep): { style: string; text?: string } {
  if (ready === false) return { style: soft === true ? 'failing' : 'down', text: 'not ready' };
  return { style: recentFailures > 0 && perSecond > 0 ? 'failing' : 'fine' };
}

function figuresText({ perSecond = 0, p99Ms, recentFailures = 0, recentRequests = 0 }: ViewedStep): string {
  const failures = recentFailures > 0 ? ` · ${shareText(recentFailures / recentRequests)} failed` : '';
  return `${rateText(perSecond)} · p99 ${timeText(p99Ms)}${failures}`;
}

function askedText({ model, version, url, how = '', kind }: ViewedStep): string {
  if (kind === 'module') return how;
  const named = [model, version].filter((each) => each !== undefined).join('/');
  return url === undefined ? named : [named, url.replace(/^\w+:\/\//, '')].filter(Boolean).join(' at ');
}

function titleOf(step: ViewedStep): string {
  const { name, ready, reason, soft, requests = 0, failures = 0, perSecond = 0, p50Ms, p99Ms } = step;
  const state = ready === false ? `not ready${reason === undefined ? '' : `: ${reason}`}` : 'ready';
  const events = Object.entries({
    retries: step.retries,
    fallbacks: step.fallbacks,
    'soft failures': step.softFailures,
  })
    .filter(([, count]) => count > 0)
    .map(([event, count]) => `${count} ${event}`);
  return [
    `${name} (${askedText(step)}${soft === true ? ', soft' : ''}): ${ready === undefined ? 'not known whether ready' : state}`,
    `${rateText(perSecond)}, p50 ${timeText(p50Ms)}, p99 ${timeText(p99Ms)} in the last minute`,
    `${requests} requests, ${failures} failed`,
    ...events,
  ].join('; ');
}
