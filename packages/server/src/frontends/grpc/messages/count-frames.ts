/** Finds connections that bring their bytes in frames of next to nothing, each of which costs as much as one of 16 KB. */
import type { Http2Session } from 'node:http2';
import { afterTurn } from '../../after-turn.ts';

/** So many frames of a connection may come in one turn of the event loop, whatever is in them: a few milliseconds. */
const MOST_FRAMES = 2000;
/** With more bytes a frame, on average, there may be as many as there are. The shortest message has five. */
const LEAST_BYTES = 16;

interface Turn {
  frames: number;
  bytes: number;
}

/** Counts a frame with so many bytes; false when its connection should be closed. */
export type FrameCounter = (session: Http2Session, bytes: number) => boolean;

/** For the connections of one server. */
export function createFrameCounter(): FrameCounter {
  const turns = new Map<Http2Session, Turn>();
  return (session, bytes) => {
    const turn = turns.get(session) ?? { frames: 0, bytes: 0 };
    if (turn.frames === 0) {
      if (turns.size === 0) afterTurn(() => turns.clear());
      turns.set(session, turn);
    }
    turn.frames += 1;
    turn.bytes += bytes;
    return turn.frames <= MOST_FRAMES || turn.bytes >= turn.frames * LEAST_BYTES;
  };
}
