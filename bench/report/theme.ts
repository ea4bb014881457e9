/** The report's colours, for light and dark surroundings, and its letters. */

const LIGHT = {
  paper: '#ffffff',
  card: '#f6f8fa',
  ink: '#1f2328',
  muted: '#59636e',
  rule: '#d1d9e0',
  limit: '#9aa4ae',
  marserve: '#2f6fde',
  goal: '#9a6700',
  reached: '#1a7f37',
  missed: '#cf222e',
};

const DARK: typeof LIGHT = {
  paper: '#0d1117',
  card: '#161b22',
  ink: '#e6edf3',
  muted: '#9198a1',
  rule: '#3d444d',
  limit: '#7d8590',
  marserve: '#4493f8',
  goal: '#d29922',
  reached: '#3fb950',
  missed: '#f85149',
};

/** Content of the `style` element. The colours are written out: not every program that shows SVG knows variables. */
export const STYLE = `
text { font: 12px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; }
.title { font-size: 20px; font-weight: 600; }
.name { font-size: 14px; font-weight: 600; }
.small { font-size: 11px; }
.strong { font-weight: 600; }
line { stroke-width: 1.5; }
.thick { stroke-width: 2.5; stroke-dasharray: 5 2; }
${rules(LIGHT)}
@media (prefers-color-scheme: dark) {
${rules(DARK)}
}
`;

function rules(colours: typeof LIGHT): string {
  const fills = Object.entries(colours).map(([name, colour]) => `.${name} { fill: ${colour}; }`);
  const strokes = Object.entries(colours).map(([name, colour]) => `line.${name} { stroke: ${colour}; }`);
  return [...fills, ...strokes].join('\n');
}
