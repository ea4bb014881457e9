/** The few elements of SVG that a graph is drawn with. Lengths are pixels. */

/** Right and down. */
export interface Point {
  /** To the right. */
  readonly x: number;
  /** Down. */
  readonly y: number;
}

/** How a text looks. */
export interface TextOptions {
  /** Classes of theme.ts. */
  readonly style?: string;
  /** Default `start`. */
  readonly anchor?: 'start' | 'middle' | 'end';
}

/** One line of text. */
export function text({ x, y }: Point, content: string, { style = '', anchor = 'start' }: TextOptions = {}): string {
  return `<text x="${round(x)}" y="${round(y)}" class="${style}" text-anchor="${anchor}">${escapeXml(content)}</text>`;
}

/** A rectangle with round corners. */
export interface Box extends Point {
  /** To the right. */
  readonly width: number;
  /** Down. */
  readonly height: number;
  /** Of the corners. */
  readonly radius: number;
}

/** @param style classes of theme.ts */
export function box({ x, y, width, height, radius }: Box, style: string): string {
  const size = `width="${round(width)}" height="${round(height)}" rx="${radius}"`;
  return `<rect x="${round(x)}" y="${round(y)}" ${size} class="${style}"/>`;
}

/** So far to the right a way is on its new height. */
export const BEND = 48;

/** A smooth way to the right, level at both ends. */
export function curve(from: Point, to: Point, style: string): string {
  const x = from.x + BEND;
  const middle = from.x + BEND / 2;
  const bend = `C${round(middle)} ${round(from.y)} ${round(middle)} ${round(to.y)} ${round(x)} ${round(to.y)}`;
  return path(`M${round(from.x)} ${round(from.y)}${from.y === to.y ? '' : bend}H${round(to.x)}`, style);
}

/** A way down, and then to the right. */
export function corner(from: Point, to: Point, style: string): string {
  const turn = `Q${round(from.x)} ${round(to.y)} ${round(from.x + CORNER)} ${round(to.y)}`;
  return path(`M${round(from.x)} ${round(from.y)}V${round(to.y - CORNER)}${turn}H${round(to.x)}`, style);
}

const CORNER = 12;

function path(way: string, style: string): string {
  return `<path d="${way}" class="${style}"/>`;
}

/** A dot. */
export function dot({ x, y }: Point, radius: number, style: string): string {
  return `<circle cx="${round(x)}" cy="${round(y)}" r="${radius}" class="${style}"/>`;
}

/** Moves what is drawn at 0, 0. */
export function at({ x, y }: Point, content: string): string {
  return `<g transform="translate(${round(x)} ${round(y)})">${content}</g>`;
}

/** Elements with a title, which is read out, and shown to who points at them. */
export function titled(title: string, content: string): string {
  return `<g role="img"><title>${escapeXml(title)}</title>${content}</g>`;
}

/** Text as the content of an element; what XML cannot have is a replacement character. */
export function escapeXml(content: string): string {
  return content
    .replace(/[\p{Cc}\uFFFE\uFFFF]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
