/** An explanation as a picture: red over what speaks for the class, blue over what speaks against it. */
import type { ExplainedImage } from './explained-image.ts';
import type { ImageFacts } from './image-facts.ts';

/** Smaller images are enlarged, each pixel to a square. */
const LEAST_SIDE = 224;
/** How much of the colour the strongest pixel has. */
const STRONGEST = 0.7;

/** A PNG. @param heat of each pixel, of any size, positive or negative */
export async function heatMap(
  image: ExplainedImage,
  heat: readonly number[],
  facts: ImageFacts | undefined,
): Promise<Buffer> {
  const { default: sharp } = await import('sharp');
  const { width, height } = image.axes;
  const largest = heat.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const colourOf = coloursOf(image, facts);
  const bytes = new Uint8Array(3 * width * height);
  heat.forEach((value, pixel) => {
    const strength = largest === 0 ? 0 : (STRONGEST * Math.abs(value)) / largest;
    const over = value > 0 ? [255, 0, 0] : [0, 0, 255];
    colourOf(pixel).forEach((under, channel) => {
      bytes[3 * pixel + channel] = Math.round(under * (1 - strength) + (over[channel] ?? 0) * strength);
    });
  });
  const factor = Math.max(1, Math.ceil(LEAST_SIDE / Math.min(width, height)));
  return sharp(bytes, { raw: { width, height, channels: 3 } })
    .resize(width * factor, height * factor, { kernel: 'nearest' })
    .png()
    .toBuffer();
}

/** Red, green and blue; where the handler does not say what its tensors are, from the darkest value to the brightest one. */
function coloursOf({ planes }: ExplainedImage, facts: ImageFacts | undefined): (pixel: number) => number[] {
  const all = planes.flat();
  const [low, high] = all.reduce(
    ([min, max], value) => [Math.min(min, value), Math.max(max, value)],
    [Infinity, -Infinity],
  );
  const byteOf =
    facts?.byteOf.bind(facts) ?? ((value: number) => (255 * (value - low)) / (high > low ? high - low : 1));
  const order = facts?.isBgr === true ? [2, 1, 0] : [0, 1, 2];
  return (pixel) =>
    order.map((channel) => {
      const place = planes.length === 1 ? 0 : channel;
      return Math.max(0, Math.min(255, byteOf(planes[place]?.[pixel] ?? 0, place)));
    });
}
