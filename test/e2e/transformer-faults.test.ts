/** What predictors answer that is wrong: the client gets a status and a text that names the predictor, and the next request is answered. */
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../packages/client/src/test-support/free-port.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send, sendJson, type Answer } from '../helpers/http.ts';
import {
  breakOff,
  grpcAnswer,
  grpcFrame,
  pricesMessage,
  response,
  startGrpcPredictor,
  startRawPredictor,
  write,
  type GrpcAnswer,
  type GrpcPredictor,
  type RawAnswer,
  type RawPredictor,
} from '../helpers/scripted-predictor.ts';

const PLAIN = `
  import { Transformer } from '@marserve/handlers';
  export default class Plain extends Transformer {}
`;
const HOUSES = [
  [80, 3, 12],
  [60, 2, 40],
];
const TENSORS = { inputs: [{ name: 'features', shape: [2, 3], datatype: 'FP32', data: HOUSES.flat() }] };

/** How a protocol asks, and what a predictor answers it that works. */
const PROTOCOLS = {
  v1: { path: '/v1/models/v1:predict', body: { instances: HOUSES }, good: { predictions: [[258], [160]] } },
  v2: { path: '/v2/models/v2/infer', body: TENSORS, good: { outputs: [output({})] } },
  'onnxruntime-server': {
    path: '/v2/models/onnxruntime-server/infer',
    body: TENSORS,
    good: { outputs: { price: { dims: ['2', '1'], dataType: 1, floatData: [258, 160] } } },
  },
} as const;
type Protocol = keyof typeof PROTOCOLS;
const NAMES = Object.keys(PROTOCOLS) as Protocol[];

/** An output of V2, whose members may be others. */
function output(members: Readonly<Record<string, unknown>>) {
  return { name: 'price', datatype: 'FP32', shape: [2, 1], data: [258, 160], ...members };
}

let daemon: Daemon;
let port: number;
let grpcPort: number;
let predictor: RawPredictor;
let grpcPredictor: GrpcPredictor;
let workers: string;

beforeAll(async () => {
  [daemon, port, grpcPort] = await Promise.all([startDaemon(), freePort(), freePort()]);
  const add = async (name: string, lines: readonly string[]) => {
    await addArchive(daemon.store, { name, source: PLAIN, config: lines.join('\n') });
    await registerModels(daemon, [name]);
  };
  const host = `predictor_host: "127.0.0.1:${port}"`;
  const grpcHost = `predictor_host: "127.0.0.1:${grpcPort}"`;
  await Promise.all([
    ...NAMES.map((name) =>
      add(name, [
        host,
        `predictor_protocol: ${name}`,
        ...(name === 'v2' ? ['predictor_tensors: json'] : []),
        ...(name === 'onnxruntime-server' ? ['predictor_model_name: any'] : []),
      ]),
    ),
    add('grpc', [grpcHost, 'predictor_protocol: grpc-v2']),
    add('slow', [host, 'predictor_request_timeout_seconds: 1']),
    add('slow-grpc', [grpcHost, 'predictor_protocol: grpc-v2', 'predictor_request_timeout_seconds: 1']),
  ]);
  workers = await pids();
});

afterAll(async () => {
  await Promise.all([daemon?.close(), predictor?.close(), grpcPredictor?.close()]);
});

/** Those of all workers: nobody ends one by what a predictor answers. */
async function pids(): Promise<string> {
  const names = [...NAMES, 'grpc', 'slow', 'slow-grpc'];
  const described = await Promise.all(names.map((name) => send(`${daemon.management}/models/${name}`)));
  return JSON.stringify(described.map((each) => each.json<{ workers: { pid: number }[] }[]>()[0]?.workers.map(({ pid }) => pid))); // prettier-ignore
}

const ask = (protocol: Protocol): Promise<Answer> =>
  sendJson(`${daemon.inference}${PROTOCOLS[protocol].path}`, PROTOCOLS[protocol].body);
const goodFor =
  (protocol: Protocol): RawAnswer =>
  (socket) =>
    socket.write(response(JSON.stringify(PROTOCOLS[protocol].good)));
const askGrpc = () => sendJson(`${daemon.inference}/v2/models/grpc/infer`, TENSORS);

describe('a predictor that is not there when its transformer starts', () => {
  it.each(NAMES)('is a 503 until it comes, by %s', async (protocol) => {
    const { status, text } = await ask(protocol);
    expect(status).toBe(503);
    expect(text).toMatch(new RegExp(`Predictor http://127.0.0.1:${port}: .*ECONNREFUSED`));
  });

  it('comes, over REST', async () => {
    predictor = await startRawPredictor(goodFor('v1'), { port });
    for (const protocol of NAMES) {
      predictor.answer = goodFor(protocol);
      expect((await ask(protocol)).status).toBe(200);
    }
  });

  it('comes, over gRPC', async () => {
    const { status, text } = await askGrpc();
    expect([status, text]).toEqual([503, expect.stringContaining(`Predictor http://127.0.0.1:${grpcPort}`)]);
    grpcPredictor = await startGrpcPredictor(GOOD, { port: grpcPort });
    await expect.poll(async () => (await askGrpc()).status, { timeout: 30_000 }).toBe(200);
  });
});

const html = '<html><body>Welcome</body></html>';
const ok = (value: unknown): RawAnswer => write(response(JSON.stringify(value)));
const CHUNKED = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n';

/** What any predictor may do, and the client's status. */
const ANY: readonly (readonly [string, number, RawAnswer])[] = [
  ['HTML with success', 502, write(response(html, { 'content-type': 'text/html' }))],
  ['HTML with success that calls itself JSON', 502, write(response(html))],
  ['JSON that is cut', 502, write(response('{"predictions": [[258'))],
  ['an empty body', 502, write(response(''))],
  ['a list', 502, ok([1])],
  ['nothing that belongs to the protocol', 502, ok({ outputs: 'none', predictions: 'none' })],
  ['bytes that are compressed, which nobody asked for', 502, write(response(gzipSync('{}'), { 'content-encoding': 'gzip' }))],
  ['a redirection', 502, write(response('', { location: '/' }, 302))],
  ['204', 502, write('HTTP/1.1 204 No Content\r\n\r\n')],
  ['a status that there is not', 502, write(response('{}', {}, 999))],
  ['an error in HTML', 500, write(response(html, { 'content-type': 'text/html' }, 500))],
  ['an error without a body', 503, write(response('', {}, 503))],
  ['text that is no HTTP', 503, breakOff('SSH-2.0-OpenSSH_9.2\r\n\r\n')],
  ['nothing, and breaks off', 503, breakOff('')],
  ['half a head', 503, breakOff('HTTP/1.1 200 OK\r\ncontent-le')],
  ['less than its content-length', 503, breakOff(response('{"predictions": [[258], [160]]}', { 'content-length': 1000 }))],
  ['more than its content-length', 502, write(response('{"predictions": [[258], [160]]}', { 'content-length': 10 }))],
  ['a content-length that is no number', 503, write(response('{}', { 'content-length': 'long' }))],
  ['a content-length of 300 MB', 502, write(response('{}', { 'content-length': 300_000_000 }))],
  ['half of its chunks', 503, breakOff(`${CHUNKED}5\r\n{"pre\r\n`)],
  ['a chunk that is none', 503, breakOff(`${CHUNKED}xyz\r\n`)],
  ['lists that are nested 100,000 deep', 502, write(response(`{"predictions":${'['.repeat(1e5)}${']'.repeat(1e5)},"outputs":${'['.repeat(1e5)}${']'.repeat(1e5)}}`))],
]; // prettier-ignore

/** What is wrong in the words of one protocol: all of it is 502. */
const OWN: Readonly<Record<Protocol, readonly (readonly [string, RawAnswer])[]>> = {
  v1: [
    ['fewer predictions than instances', ok({ predictions: [[258]] })],
    ['more predictions than instances', ok({ predictions: [[258], [160], [1]] })],
    ['an object of predictions', ok({ predictions: { 0: [258] } })],
    ['no predictions', ok({ answers: [[258], [160]] })],
  ],
  v2: [
    ['an output without a name', ok({ outputs: [output({ name: undefined })] })],
    ['a datatype that there is not', ok({ outputs: [output({ datatype: 'BF16' })] })],
    ['fewer elements than the shape has', ok({ outputs: [output({ data: [258] })] })],
    ['a shape below 0', ok({ outputs: [output({ shape: [-2, -1] })] })],
    ['a shape that nothing can have', ok({ outputs: [output({ shape: [1e9, 1e9] })] })],
    ['words for numbers', ok({ outputs: [output({ data: ['dear', 'cheap'] })] })],
    ['null for a number', ok({ outputs: [output({ data: [258, null] })] })],
    ['bytes that are not there', ok({ outputs: [output({ data: undefined, parameters: { binary_data_size: 8 } })] })],
    [
      'JSON that is said to be longer than the body',
      write(response(JSON.stringify({ outputs: [output({})] }), { 'inference-header-content-length': 1e6 })),
    ],
  ],
  'onnxruntime-server': [
    ['no protobuf', write(response('garbage', { 'content-type': 'application/octet-stream' }))],
    ['a type that there is not', ok({ outputs: { price: { dims: ['1'], dataType: 16, rawData: 'AAA=' } } })],
    ['bytes that do not fit', ok({ outputs: { price: { dims: ['2', '1'], dataType: 1, rawData: 'AAAA' } } })],
    ['no base64', ok({ outputs: { price: { dims: ['1'], dataType: 1, rawData: '?' } } })],
  ],
};

describe.each(NAMES)('a predictor that answers %s with', (protocol) => {
  const cases = [...ANY, ...OWN[protocol].map(([name, answer]) => [name, 502, answer] as const)];

  it.each(cases)('%s', async (_, status, answer) => {
    predictor.answer = answer;
    const refused = await ask(protocol);
    expect(refused).toMatchObject({ status });
    expect(JSON.parse(refused.text).error).toMatch(status === 502 ? /[Pp]redict/ : new RegExp(`:${port}`));
    predictor.answer = goodFor(protocol);
    expect(await ask(protocol)).toMatchObject({ status: 200 });
  });

  it('HTTP/1.0 is understood', async () => {
    const body = JSON.stringify(PROTOCOLS[protocol].good);
    predictor.answer = (socket) => socket.end(`HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n${body}`);
    expect(await ask(protocol)).toMatchObject({ status: 200 });
    predictor.answer = goodFor(protocol);
    expect(await ask(protocol)).toMatchObject({ status: 200 });
  });
});

const floats = new Uint8Array(Float32Array.of(258, 160).buffer);
const GOOD: GrpcAnswer = grpcAnswer(grpcFrame(pricesMessage(floats)));
const failing = (code: number): GrpcAnswer =>
  grpcAnswer(Buffer.alloc(0), { 'grpc-status': String(code), 'grpc-message': 'so it is' });

describe('a predictor that answers over gRPC with', () => {
  it.each<readonly [string, number, GrpcAnswer]>([
    ['no protobuf', 502, grpcAnswer(grpcFrame(Buffer.from(html)))],
    ['bytes that do not fit', 502, grpcAnswer(grpcFrame(pricesMessage(floats.subarray(3))))],
    ['an empty message', 200, grpcAnswer(grpcFrame(Buffer.alloc(0)))],
    ['a message of 1 GB', 502, grpcAnswer(grpcFrame(Buffer.alloc(10), 2 ** 30))],
    ['half a message', 502, grpcAnswer(grpcFrame(Buffer.alloc(10), 100))],
    ['no message', 502, grpcAnswer(Buffer.alloc(0))],
    ['a compression that there is not', 500, grpcAnswer(grpcFrame(pricesMessage(floats), floats.length, 1))],
    ['HTML', 502, (stream) => (stream.respond({ ':status': 200, 'content-type': 'text/html' }), stream.end(html))],
    ['502 of a proxy', 503, (stream) => stream.respond({ ':status': 502 }, { endStream: true })],
    ['a reset', 500, (stream) => stream.close(2)],
    ['nothing, and breaks off', 503, ({ session }) => session?.destroy()],
    ['UNAVAILABLE', 503, failing(14)],
    ['DEADLINE_EXCEEDED', 504, failing(4)],
    ['a status that there is not', 500, failing(99)],
  ])('%s', async (name, status, answer) => {
    grpcPredictor.answer = answer;
    const refused = await askGrpc();
    expect([name, refused.status, refused.text]).toEqual([name, status, expect.any(String)]);
    if (status !== 200) expect(JSON.parse(refused.text).error).toContain(`127.0.0.1:${grpcPort}`);
    grpcPredictor.answer = GOOD;
    expect(await askGrpc()).toMatchObject({ status: 200 });
  });
});

it.each([
  ['REST', '/v1/models/slow:predict', PROTOCOLS.v1.body, () => port],
  ['gRPC', '/v2/models/slow-grpc/infer', TENSORS, () => grpcPort],
])('a predictor that does not answer in time over %s is a 504', async (_, url, body, place) => {
  [predictor.answer, grpcPredictor.answer] = [() => {}, () => {}];
  const { status, text } = await sendJson(`${daemon.inference}${url}`, body, { 'x-request-timeout-ms': '100000' });
  expect([status, text]).toEqual([504, expect.stringMatching(new RegExp(`No answer from http://127.0.0.1:${place()} .*1000 ms`))]); // prettier-ignore
});

it('none of it ended a worker', async () => {
  expect(await pids()).toBe(workers);
});
