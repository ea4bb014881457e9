/** Where the steps of a graph are: since they stand in each other, each is a block of blocks. */
import { at, BEND, curve, dot } from './svg.ts';

/** What is drawn from its way in at 0, 0 to its way out at `width`, 0. */
export interface Block {
  /** To the right. */
  readonly width: number;
  /** Above its ways in and out. */
  readonly up: number;
  /** Below them. */
  readonly down: number;
  /** Elements of SVG. */
  readonly content: string;
}

/** Draws the way to a block. @param from and `to` where it begins and ends */
export type DrawWay = (from: { x: number; y: number }, to: { x: number; y: number }) => string;

/** A block behind another. */
export interface NextBlock {
  /** The block. */
  readonly block: Block;
  /** The way to it. */
  readonly way: DrawWay;
  /** How long that is. */
  readonly gap: number;
}

/** One after the other. */
export function inRow(first: Block, others: readonly NextBlock[]): Block {
  return others.reduce((row, { block, way, gap }) => {
    const x = row.width + gap;
    return {
      width: x + block.width,
      up: Math.max(row.up, block.up),
      down: Math.max(row.down, block.down),
      content: row.content + way({ x: row.width, y: 0 }, { x, y: 0 }) + at({ x, y: 0 }, block.content),
    };
  }, first);
}

/** Between blocks above each other. */
const ROW_GAP = 22;

/** Ways that part, and meet again. */
export interface Fork {
  /** Where they part. */
  readonly fork: Block;
  /** Above each other, each with the way to it. */
  readonly branches: readonly NextBlock[];
  /** Where they meet. */
  readonly join: Block;
}

/** Of all ways between fork and join. */
export function inParallel({ fork, branches, join }: Fork): Block {
  const height = branches.reduce((sum, { block }) => sum + block.up + block.down, ROW_GAP * (branches.length - 1));
  const right = fork.width + Math.max(...branches.map(({ block, gap }) => gap + block.width));
  const meeting = right + BEND;
  let top = -height / 2;
  const content = branches.map(({ block, way, gap }) => {
    const y = top + block.up;
    top += block.up + block.down + ROW_GAP;
    const x = fork.width + gap;
    return [
      way({ x: fork.width, y: 0 }, { x, y }),
      at({ x, y }, block.content),
      level({ x: x + block.width, y }, right),
      curve({ x: right, y }, { x: meeting, y: 0 }, 'way'),
    ].join('');
  });
  return {
    width: meeting + join.width,
    up: Math.max(height / 2, fork.up, join.up),
    down: Math.max(height / 2, fork.down, join.down),
    content: fork.content + content.join('') + at({ x: meeting, y: 0 }, join.content),
  };
}

function level(from: { readonly x: number; readonly y: number }, right: number): string {
  return from.x < right ? curve(from, { x: right, y: from.y }, 'way') : '';
}

/** The radius of a place where ways meet. */
const MEETING = 3;

/** Where ways meet that need nothing more. */
export const MEETING_POINT: Block = {
  width: 2 * MEETING,
  up: MEETING,
  down: MEETING,
  content: dot({ x: MEETING, y: 0 }, MEETING, 'end'),
};

/** How far what runs instead is to the right. */
const INSTEAD_SHIFT = 92;
/** And from where the way to it goes down. */
const INSTEAD_START = 24;

/** A block with what runs when it fails below it. */
export function withInstead(block: Block, { block: instead, way }: Omit<NextBlock, 'gap'>): Block {
  const y = block.down + ROW_GAP + instead.up;
  const right = Math.max(block.width, INSTEAD_SHIFT + instead.width);
  const meeting = right + BEND;
  const content = [
    block.content,
    way({ x: INSTEAD_START, y: block.down }, { x: INSTEAD_SHIFT, y }),
    at({ x: INSTEAD_SHIFT, y }, instead.content),
    level({ x: block.width, y: 0 }, meeting),
    level({ x: INSTEAD_SHIFT + instead.width, y }, right),
    curve({ x: right, y }, { x: meeting, y: 0 }, 'way'),
    at({ x: meeting, y: 0 }, MEETING_POINT.content),
  ];
  return { width: meeting + MEETING_POINT.width, up: block.up, down: y + instead.down, content: content.join('') };
}
