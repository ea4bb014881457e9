/** What a loop does with photographs: about what `image_classifier` does by default, but scaled by sharp, which is quickest. */
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import sharp from 'sharp';
import { photograph } from '../models/photograph.ts';
import type { Work } from './tensor-work.ts';

const SHORT_SIDE = 256;
const SIZE = 224;
const MEAN = [0.485, 0.456, 0.406] as const;
const STD = [0.229, 0.224, 0.225] as const;
const TOP = 5;

/** Images of a batch are decoded at once, in sharp's threads. */
export async function createImageWork(session: InferenceSession): Promise<Work> {
  const jpeg = await photograph();
  sharp.cache(false);
  return {
    async batch(size) {
      const input = new Float32Array(size * 3 * SIZE * SIZE);
      const images = await Promise.all(Array.from({ length: size }, () => decode(jpeg)));
      images.forEach((pixels, index) => normalize(pixels, input.subarray(index * 3 * SIZE * SIZE)));
      const { y } = await session.run({ x: new Tensor('float32', input, [size, 3, SIZE, SIZE]) });
      const scores = (y as Tensor).data as Float32Array;
      const classes = scores.length / size;
      const rows = images.map((_, index) => best(scores.subarray(index * classes, (index + 1) * classes)));
      return () => rows[0];
    },
  };
}

async function decode(jpeg: Buffer): Promise<Buffer> {
  const { width, height } = await sharp(jpeg).metadata();
  const factor = SHORT_SIDE / Math.min(width, height);
  const [scaledWidth, scaledHeight] = [Math.trunc(width * factor), Math.trunc(height * factor)];
  return sharp(jpeg)
    .resize({ width: scaledWidth, height: scaledHeight, fit: 'fill', kernel: 'linear' })
    .extract({
      left: Math.round((scaledWidth - SIZE) / 2),
      top: Math.round((scaledHeight - SIZE) / 2),
      width: SIZE,
      height: SIZE,
    })
    .raw()
    .toBuffer();
}

/** Bytes of pixels → planes of colours, as ImageNet's models want them. */
function normalize(pixels: Buffer, target: Float32Array): void {
  const area = SIZE * SIZE;
  for (let channel = 0; channel < 3; channel += 1) {
    const factor = 1 / (255 * (STD[channel] ?? 1));
    const offset = (MEAN[channel] ?? 0) / (STD[channel] ?? 1);
    for (let pixel = 0; pixel < area; pixel += 1) {
      target[channel * area + pixel] = (pixels[pixel * 3 + channel] ?? 0) * factor - offset;
    }
  }
}

/** The probabilities of the best classes. */
function best(scores: Float32Array): Record<string, number> {
  const highest = scores.reduce((left, right) => Math.max(left, right), -Infinity);
  const exponentials = scores.map((score) => Math.exp(score - highest));
  const sum = exponentials.reduce((left, right) => left + right, 0);
  const order = Array.from(scores.keys()).sort((left, right) => (scores[right] ?? 0) - (scores[left] ?? 0));
  return Object.fromEntries(order.slice(0, TOP).map((index) => [index, (exponentials[index] ?? 0) / sum]));
}
