/** One picture of all results, as SVG. */
import type { Report, SideNames } from '../report-file.ts';
import type { ScenarioResult } from '../result.ts';
import { BARS_HEIGHT, drawBars } from './bars.ts';
import { drawLatency, latencyHeight } from './latency.ts';
import { at, box, dot, line, text } from './svg.ts';
import { STYLE } from './theme.ts';

const WIDTH = 960;
const MARGIN = 24;
const HEAD_HEIGHT = 112;
const CARD_HEAD = 48;
const CARD_GAP = 10;
const FAILURE_HEIGHT = 20;
const PADDING = 16;
const LATENCY_X = 530;

/** A card for each scenario. */
export function drawReport(report: Report): string {
  let y = HEAD_HEIGHT;
  const cards = report.results.map((result) => {
    const card = at({ x: MARGIN, y }, drawCard(result, report.sides));
    y += cardHeight(result) + CARD_GAP;
    return card;
  });
  const failures = report.failures.map(({ name, message }) => {
    y += FAILURE_HEIGHT;
    return text({ x: MARGIN, y }, `${name} failed: ${message.split('\n')[0]?.slice(0, 130)}`, { style: 'missed' });
  });
  const height = y + MARGIN;
  const size = `width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${titleOf(report.sides)}"><style>${STYLE}</style>
${box({ x: 0, y: 0 }, { width: WIDTH, height }, 'paper')}
${drawHead(report)}
${[...cards, ...failures].join('\n')}
</svg>
`;
}

function drawHead({ machine, sides }: Report): string {
  const { cpu, cores, memory, node, onnxruntime, revision, date } = machine;
  const facts = `${cpu}, ${cores} cores, ${memory} GiB · Node ${node.slice(1)} · ONNX Runtime ${onnxruntime} · ${revision} · ${date.slice(0, 10)}`;
  const how =
    'Medians of measurements taken in turn; whiskers: the smallest and the largest. The latency of a loop is that of one call.';
  const legend = at({ x: MARGIN, y: 92 }, drawLegend(sides));
  return [
    text({ x: MARGIN, y: 34 }, titleOf(sides), { style: 'title ink' }),
    text({ x: MARGIN, y: 54 }, facts, { style: 'muted' }),
    text({ x: MARGIN, y: 71 }, how, { style: 'muted' }),
    legend,
  ].join('');
}

function titleOf(sides: SideNames): string {
  return isLimit(sides) ? 'marserve against its limits' : `marserve ${sides.marserve} against ${sides.limit}`;
}

function isLimit({ limit }: SideNames): boolean {
  return limit === 'limit';
}

function drawLegend(sides: SideNames): string {
  const limit = isLimit(sides) ? 'limit: what the card says under its title' : sides.limit;
  return [
    dot({ x: 4, y: 0 }, 'limit'),
    text({ x: 14, y: 4 }, limit, { style: 'ink' }),
    dot({ x: 264, y: 0 }, 'marserve'),
    text({ x: 274, y: 4 }, sides.marserve, { style: 'ink' }),
    isLimit(sides) ? line({ x: 348, y: -8 }, { x: 348, y: 8 }, 'goal thick') : '',
    isLimit(sides) ? text({ x: 356, y: 4 }, 'goal', { style: 'ink' }) : '',
  ].join('');
}

/** The name, and how often each of the two was measured. */
function cornerOf({ name, marserve }: ScenarioResult): string {
  const [first] = Object.values(marserve.metrics);
  return `${name} · ${first?.samples.length ?? 0} × each`;
}

function cardHeight(result: ScenarioResult): number {
  return CARD_HEAD + Math.max(result.verdicts.length * BARS_HEIGHT, latencyHeight(result)) + 8;
}

function drawCard(result: ScenarioResult, sides: SideNames): string {
  const bars = result.verdicts.map((verdict, index) =>
    at({ x: PADDING, y: CARD_HEAD + index * BARS_HEIGHT }, drawBars({ ...result, sides }, verdict)),
  );
  return [
    box({ x: 0, y: 0 }, { width: WIDTH - 2 * MARGIN, height: cardHeight(result) }, 'card'),
    text({ x: PADDING, y: 22 }, result.title, { style: 'name ink' }),
    text({ x: PADDING, y: 39 }, isLimit(sides) ? `limit: ${result.limit.label}` : '', { style: 'muted' }),
    text({ x: WIDTH - 2 * MARGIN - PADDING, y: 22 }, cornerOf(result), { style: 'small muted', anchor: 'end' }),
    ...bars,
    at({ x: LATENCY_X, y: CARD_HEAD }, drawLatency({ ...result, sides })),
  ].join('');
}
