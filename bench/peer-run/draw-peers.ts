/** One picture of the comparison, as SVG: a card for each model and one for the servers, a column of bars for each metric. */
import { formatBytes, formatNumber } from '../format.ts';
import type { Summaries } from '../result.ts';
import { at, box, line, text } from '../report/svg.ts';
import { STYLE } from '../report/theme.ts';
import type { Metric } from '../sample.ts';
import type { PeerReport, PeerRow } from './report.ts';

const WIDTH = 960;
const MARGIN = 24;
const PADDING = 16;
const HEAD_HEIGHT = 92;
const CARD_HEAD = 54;
const CARD_GAP = 10;
const ROW = 19;
const BAR = 12;
const LABEL_WIDTH = 190;
const VALUE_WIDTH = 52;
const COLUMN_GAP = 14;
const NOTE_HEIGHT = 18;

interface Column {
  readonly title: string;
  readonly metric: Metric;
  readonly of: (row: PeerRow) => Summaries | undefined;
  readonly factor?: number;
}

interface Card {
  readonly title: string;
  readonly columns: readonly Column[];
}

export function drawPeers(report: PeerReport): string {
  const cardHeight = CARD_HEAD + report.rows.length * ROW + 12;
  const cards = cardsOf(report).map((card, index) =>
    at({ x: MARGIN, y: HEAD_HEIGHT + index * (cardHeight + CARD_GAP) }, drawCard(card, report.rows, cardHeight)),
  );
  const end = HEAD_HEIGHT + cards.length * (cardHeight + CARD_GAP);
  const notes = report.leftOut.map(({ name, reason }, index) =>
    text(
      { x: MARGIN, y: end + (index + 1) * NOTE_HEIGHT },
      `left out: ${name}: ${reason.split('\n')[0]?.slice(0, 120)}`,
      {
        style: 'missed',
      },
    ),
  );
  const height = end + notes.length * NOTE_HEIGHT + MARGIN;
  const size = `width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${TITLE}"><style>${STYLE}</style>
${box({ x: 0, y: 0 }, { width: WIDTH, height }, 'paper')}
${drawHead(report)}
${[...cards, ...notes].join('\n')}
</svg>
`;
}

const TITLE = 'marserve beside other servers';

function drawHead({ machine, timing }: PeerReport): string {
  const { cpu, cores, memory, node, onnxruntime, revision, date } = machine;
  const facts = `${cpu}, ${cores} cores, ${memory} GiB · Node ${node.slice(1)} · ONNX Runtime ${onnxruntime}, one thread · ${revision} · ${date.slice(0, 10)}`;
  const how = `Medians of ${timing.rounds} × ${timing.seconds.busy} s in turn; whiskers: the smallest and the largest. Processor time and memory are those of all processes of a server.`;
  return [
    text({ x: MARGIN, y: 34 }, TITLE, { style: 'title ink' }),
    text({ x: MARGIN, y: 54 }, facts, { style: 'muted' }),
    text({ x: MARGIN, y: 71 }, how, { style: 'muted' }),
  ].join('');
}

function cardsOf({ models }: PeerReport): Card[] {
  const cards = models.map(({ name, bodyBytes }): Card => ({
    title: `${name}: ${formatBytes(bodyBytes)} of JSON`,
    columns: [
      { title: '64 connections: requests a second', metric: 'throughput', of: ({ models: each }) => each[name]?.busy },
      { title: 'processor time a request, µs', metric: 'processorTime', of: ({ models: each }) => each[name]?.busy },
      { title: '1 connection: p50, ms', metric: 'p50', of: ({ models: each }) => each[name]?.lone },
    ],
  }));
  const server = ({ server: each }: PeerRow) => each;
  const columns: Column[] = [
    { title: 'memory, MB', metric: 'memory', of: server },
    { title: 'from the start to the first answers, s', metric: 'time', of: server, factor: 1e-3 },
  ];
  return [...cards, { title: `The server with ${models.map(({ name }) => name).join(', ')}`, columns }];
}

function drawCard({ title, columns }: Card, rows: readonly PeerRow[], height: number): string {
  const width = WIDTH - 2 * MARGIN;
  const columnWidth = (width - 2 * PADDING - LABEL_WIDTH) / columns.length;
  const labels = rows.map(({ label }, index) =>
    text({ x: PADDING, y: CARD_HEAD + index * ROW + 11 }, label, { style: isOurs(label) ? 'ink strong' : 'ink' }),
  );
  const drawn = columns.map((column, index) =>
    at({ x: PADDING + LABEL_WIDTH + index * columnWidth, y: 0 }, drawColumn(column, rows, columnWidth - COLUMN_GAP)),
  );
  const name = text({ x: PADDING, y: 22 }, title, { style: 'name ink' });
  return [box({ x: 0, y: 0 }, { width, height }, 'card'), name, ...labels, ...drawn].join('');
}

function drawColumn({ title, metric, of, factor = 1 }: Column, rows: readonly PeerRow[], width: number): string {
  const summaries = rows.map((row) => of(row)?.[metric]);
  const highest = Math.max(...summaries.map((summary) => summary?.max ?? 0)) || 1;
  const scale = (value: number) => (value / highest) * (width - VALUE_WIDTH);
  const bars = summaries.map((summary, index) => {
    if (summary === undefined) return '';
    const [low, high, middle] = [scale(summary.min), scale(summary.max), BAR / 2];
    const bar = [
      box(
        { x: 0, y: 0 },
        { width: scale(summary.median), height: BAR },
        isOurs(rows[index]?.label) ? 'marserve' : 'limit',
      ),
      line({ x: low, y: middle }, { x: high, y: middle }, 'ink'),
      text({ x: scale(summary.max) + 6, y: 11 }, formatNumber(summary.median * factor), { style: 'ink' }),
    ];
    return at({ x: 0, y: CARD_HEAD + index * ROW }, bar.join(''));
  });
  return [text({ x: 0, y: 42 }, title, { style: 'small muted' }), ...bars].join('');
}

function isOurs(label = ''): boolean {
  return label.startsWith('marserve');
}
