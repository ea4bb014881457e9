/** Colours and letters of the picture of a graph, for light and dark surroundings. */

const LIGHT = {
  paper: '#ffffff',
  card: '#f6f8fa',
  ink: '#1f2328',
  muted: '#59636e',
  rule: '#b4bcc5',
  way: '#59636e',
  fine: '#1a7f37',
  failing: '#9a6700',
  down: '#cf222e',
};

const DARK: typeof LIGHT = {
  paper: '#0d1117',
  card: '#161b22',
  ink: '#e6edf3',
  muted: '#9198a1',
  rule: '#4b535d',
  way: '#9198a1',
  fine: '#3fb950',
  failing: '#d29922',
  down: '#f85149',
};

/** Content of the `style` element. The colours are written out: not every program that shows SVG knows variables. */
export const STYLE = `
text { font: 12px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; }
.title { font-size: 18px; font-weight: 600; }
.name { font-size: 14px; font-weight: 600; }
.small { font-size: 11px; }
path { fill: none; stroke-width: 1.5; }
.idle { stroke-dasharray: 2 4; }
.fallback { stroke-dasharray: 6 4; }
${rules(LIGHT)}
@media (prefers-color-scheme: dark) {
${rules(DARK)}
}
`;

function rules({ card, rule, way, ...colours }: typeof LIGHT): string {
  const fills = Object.entries(colours).map(([name, colour]) => `.${name} { fill: ${colour}; }`);
  const shapes = [
    `.card { fill: ${card}; stroke: ${rule}; }`,
    `path.way { stroke: ${way}; }`,
    `.end, path.head { fill: ${way}; }`,
  ];
  return [...fills, ...shapes].join('\n');
}
