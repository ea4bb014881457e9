/** A JPEG of 640 × 480 pixels, made of smooth colours and some noise; about 90 KB, as a photograph of that size has. */
import sharp from 'sharp';
import { randomNumbers } from './random.ts';

const [WIDTH, HEIGHT] = [640, 480];

export async function photograph(): Promise<Buffer> {
  const next = randomNumbers(7);
  const pixels = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let y = 0, at = 0; y < HEIGHT; y += 1) {
    for (let x = 0; x < WIDTH; x += 1) {
      const noise = next() * 24;
      pixels[at++] = 110 + 90 * Math.sin(x / 37) + noise;
      pixels[at++] = 110 + 90 * Math.cos(y / 23) + noise;
      pixels[at++] = 110 + 90 * Math.sin((x + y) / 61) + noise;
    }
  }
  const raw = { width: WIDTH, height: HEIGHT, channels: 3 } as const;
  return sharp(pixels, { raw }).jpeg({ quality: 85 }).toBuffer();
}
