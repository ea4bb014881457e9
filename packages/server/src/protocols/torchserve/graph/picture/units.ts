/** Numbers as people read them. */

/** How often a second. */
export function rateText(perSecond: number): string {
  return `${short(perSecond)}/s`;
}

/** How long. @param ms undefined for nothing that took time */
export function timeText(ms: number | undefined): string {
  if (ms === undefined) return '–';
  return ms < 1000 ? `${short(ms)} ms` : `${short(ms / 1000)} s`;
}

/** A part of all. @param share from 0 to 1 */
export function shareText(share: number): string {
  return `${short(100 * share)} %`;
}

/** Two digits that say something. */
function short(value: number): string {
  if (value === 0) return '0';
  if (value < 0.01) return '<0.01';
  return value < 10 ? String(Number(value.toPrecision(2))) : String(Math.round(value));
}

/** @param most so many characters have room */
export function shortened(content: string, most: number): string {
  const letters = Array.from(content);
  return letters.length <= most ? content : `${letters.slice(0, most - 1).join('')}…`;
}
