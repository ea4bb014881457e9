/** Started by two-processes-server.ts: each chunk is the JSON of a row; ends with the server. */
import { Socket } from 'node:net';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const [file = ''] = process.argv.slice(2);
const session = await InferenceSession.create(file, { intraOpNumThreads: 1 });
const socket = new Socket({ fd: 3 });

socket.on('data', (chunk: Buffer) => void answer(chunk));
socket.on('close', () => process.exit());

async function answer(chunk: Buffer): Promise<void> {
  const row = Float32Array.from(JSON.parse(chunk.toString('utf8')) as number[]);
  const { y } = await session.run({ x: new Tensor('float32', row, [1, row.length]) });
  socket.write(JSON.stringify(Array.from((y as Tensor).data as Float32Array)));
}
