/** The few elements of SVG that the report is drawn with. Lengths are pixels. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface TextOptions {
  /** Classes of theme.ts. */
  readonly style?: string;
  /** Default `start`. */
  readonly anchor?: 'start' | 'middle' | 'end';
}

export function text({ x, y }: Point, content: string, { style = '', anchor = 'start' }: TextOptions = {}): string {
  return `<text x="${round(x)}" y="${round(y)}" class="${style}" text-anchor="${anchor}">${escape(content)}</text>`;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export function box({ x, y }: Point, { width, height }: Size, style: string): string {
  const size = `width="${round(Math.max(width, 0))}" height="${round(height)}"`;
  return `<rect x="${round(x)}" y="${round(y)}" ${size} rx="2" class="${style}"/>`;
}

export function line(from: Point, to: Point, style: string): string {
  const ends = `x1="${round(from.x)}" y1="${round(from.y)}" x2="${round(to.x)}" y2="${round(to.y)}"`;
  return `<line ${ends} class="${style}"/>`;
}

export function dot({ x, y }: Point, style: string): string {
  return `<circle cx="${round(x)}" cy="${round(y)}" r="4" class="${style}"/>`;
}

/** Moves what is drawn at 0, 0. */
export function at({ x, y }: Point, content: string): string {
  return `<g transform="translate(${round(x)} ${round(y)})">${content}</g>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
