/** A peer that is written in Python: an environment of its own, and a small program of `peers/` in it. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Bench } from '../bench.ts';
import { freePorts } from '../daemon.ts';
import { MODELS, sampleRow, type ModelName } from '../models/models.ts';
import { nest, type Nested } from '../models/nested.ts';
import { startGroup } from '../peer-run/process-group.ts';
import { provideEnvironment } from '../peer-run/virtual-environment.ts';
import { onnxRuntimeVersion } from '../machine.ts';
import { inBench } from '../paths.ts';
import type { Contender, Peer, PeerServer } from './peer.ts';

export interface PythonPeer extends Wire {
  readonly name: string;
  /** As pip takes them, each with its version; ONNX Runtime's is that of marserve. */
  readonly requirements: readonly string[];
  /** What else has to be there, with its version. @throws Error with the reason why it is not */
  readonly prerequisites?: () => Promise<Readonly<Record<string, string>>>;
  readonly settings: readonly PythonSetting[];
  /** What is started, once what it reads is written. */
  readonly command: (launch: Launch) => Command | Promise<Command>;
}

/** How a prediction is asked for and answered. */
export interface Wire {
  /** From the slash on. */
  readonly path: (model: ModelName) => string;
  /** What is sent as JSON for a row; the row itself by default. */
  readonly bodyOf?: (row: Nested, shape: readonly number[]) => unknown;
  /** The row of the output in the parsed answer; all of it by default. */
  readonly rowOf?: (answer: unknown) => unknown;
}

export interface PythonSetting {
  readonly label: string;
  /** In one line, for whoever judges the fairness. */
  readonly settings: string;
  /** Largest number of rows in a batch; 1 for none. */
  readonly batch: number;
}

/** What a server is started for. */
export interface Launch {
  readonly bench: Bench;
  /** Path of a program in the environment. */
  readonly program: (name: string) => string;
  /** An empty folder, in which it is started. */
  readonly folder: string;
  readonly port: number;
  /** Four more that nobody has. */
  readonly otherPorts: readonly number[];
  readonly setting: PythonSetting;
  /** Paths of the ONNX files. */
  readonly models: Readonly<Partial<Record<ModelName, string>>>;
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Longest wait for a batch to fill, where a peer waits. */
export const WAIT_MS = 2;

/** A path in `bench/peers`. */
export const inPeers = (...segments: readonly string[]) => inBench('peers', ...segments);

/** `{ port: 80 }` → `--port 80`. */
export function flags(options: Readonly<Record<string, string | number>>): string[] {
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

export function pythonPeer(peer: PythonPeer): Peer {
  return {
    name: peer.name,
    async prepare({ onStep, signal }) {
      const others = await peer.prerequisites?.();
      const requirements = [...peer.requirements, `onnxruntime==${await onnxRuntimeVersion()}`, 'numpy'];
      const { program, versions } = await provideEnvironment({
        folder: inBench('.peers', peer.name),
        requirements,
        onStep,
        signal,
      });
      const contenders = peer.settings.map((setting): Contender => ({
        label: setting.label,
        settings: setting.settings,
        start: (bench, models) => start(peer, { bench, program, setting }, models),
      }));
      return { versions: { ...versions, ...others }, contenders };
    },
  };
}

async function start(
  peer: PythonPeer,
  given: Pick<Launch, 'bench' | 'program' | 'setting'>,
  names: readonly ModelName[],
): Promise<PeerServer> {
  const { bench, setting } = given;
  const [address = '', ...others] = await freePorts(5);
  const [port = 0, ...otherPorts] = [address, ...others].map((each) => Number(new URL(each).port));
  const folder = await bench.folder();
  const models = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await bench.modelFile(name)] as const)),
  );
  const command = await peer.command({ ...given, folder, port, otherPorts, models });
  const env = {
    BENCH_MODELS: JSON.stringify(models),
    BENCH_PORT: String(port),
    BENCH_BATCH: String(setting.batch),
    BENCH_WAIT_MS: String(WAIT_MS),
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONPATH: inPeers(),
    TMPDIR: folder,
    ...command.env,
  };
  const group = await startGroup({ ...command, cwd: folder, env });
  bench.defer(() => group.close());
  return { ...group, ...wireOf(peer, bench, address) };
}

/** Requests to a server at this address. */
export function wireOf(
  { path: pathOf, bodyOf = (row) => row, rowOf = (answer) => answer }: Wire,
  bench: Bench,
  address: string,
): Pick<PeerServer, 'request' | 'rowOf'> {
  return {
    rowOf,
    async request(model) {
      const { inputShape } = MODELS[model];
      const content = JSON.stringify(bodyOf(nest(sampleRow(MODELS[model]), inputShape), inputShape));
      const body = path.join(await bench.folder(), `${model}.json`);
      await writeFile(body, content);
      return { url: `${address}${pathOf(model)}`, body, contentType: 'application/json' };
    },
  };
}
