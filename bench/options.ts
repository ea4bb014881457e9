/** The command line of `npm run bench`. */
import { parseArgs } from 'node:util';

export interface Options {
  /** Names of scenarios; all of them when it is undefined. */
  readonly only: readonly string[] | undefined;
  readonly isQuick: boolean;
  /** A revision of git to compare with, in place of the limits. */
  readonly compare: string | undefined;
  /** Folder for the results. */
  readonly output: string | undefined;
  /** Whether the servers record what they do; they are slower for it. */
  readonly isProfiled: boolean;
  /** What other servers are measured beside marserve, in place of its limits. */
  readonly peers: PeerOptions | undefined;
  readonly action: 'run' | 'list' | 'help';
}

export interface PeerOptions {
  /** Names of peers; all of them when it is undefined. */
  readonly names: readonly string[] | undefined;
  /** How often each takes its turn; by default what the timing says. */
  readonly rounds: number | undefined;
  /** Path of a binary. */
  readonly onnxruntimeServer: string | undefined;
}

/** The names that there are. */
export interface Known {
  readonly scenarios: readonly string[];
  readonly peers: readonly string[];
  /** Models with which peers are measured. */
  readonly models: readonly string[];
}

export const HELP = `npm run bench [-- OPTIONS]

Measures marserve against its limits, in turn, and writes bench/results/.

  --only NAME[,NAME]  these scenarios alone
  --quick             short measurements: whether it works, not how fast it is
  --compare REV       this checkout against a revision of git, in place of the limits
  --peers [NAME,...]  other servers beside marserve, all of them or these, in place of the limits;
                      with --only, with these models alone
  --rounds N          how often each of them takes its turn; 3 by default
  --onnxruntime-server PATH
                      the binary of onnxruntime-server, which is measured with the peers
  --profile           where the server and its workers spend their time, as well
  --output DIR        where the results go; bench/results by default
  --list              the scenarios and their goals
  --help              this text
`;

/** @throws Error with what is wrong */
export function readOptions(args: readonly string[], known: Known): Options {
  const { values } = parseArgs({
    args: withPeers(args),
    options: {
      only: { type: 'string', multiple: true },
      quick: { type: 'boolean', default: false },
      compare: { type: 'string' },
      peers: { type: 'string', multiple: true },
      rounds: { type: 'string' },
      'onnxruntime-server': { type: 'string' },
      profile: { type: 'boolean', default: false },
      output: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const peers = readPeerOptions(values, known);
  const only = readNames(values.only);
  if (peers === undefined) refuseUnknown('scenario', only, known.scenarios);
  else refuseUnknown('model for the peers', only, known.models);
  const { quick: isQuick, profile: isProfiled, compare, output } = values;
  const action = values.help ? 'help' : values.list ? 'list' : 'run';
  return { only, isQuick, isProfiled, compare, output, peers, action };
}

const ALL = 'all';

/** `--peers` without names stands for all of them, which `parseArgs` cannot say. */
function withPeers(args: readonly string[]): string[] {
  return args.map((arg, index) => {
    const next = args[index + 1];
    return arg === '--peers' && (next === undefined || next.startsWith('-')) ? `--peers=${ALL}` : arg;
  });
}

interface PeerValues {
  readonly peers?: readonly string[];
  readonly rounds?: string;
  readonly 'onnxruntime-server'?: string;
  readonly compare?: string;
  readonly profile?: boolean;
}

function readPeerOptions(values: PeerValues, known: Known): PeerOptions | undefined {
  const { peers, rounds, 'onnxruntime-server': onnxruntimeServer, compare, profile } = values;
  if (peers === undefined) {
    if (rounds === undefined && onnxruntimeServer === undefined) return undefined;
    throw new Error('--rounds and --onnxruntime-server are for --peers alone');
  }
  if (compare !== undefined || profile === true) throw new Error('--peers goes with neither --compare nor --profile');
  const names = readNames(peers)?.filter((name) => name !== ALL);
  refuseUnknown('peer', names, known.peers);
  return { names: names?.length === 0 ? undefined : names, rounds: readRounds(rounds), onnxruntimeServer };
}

function readRounds(text: string | undefined): number | undefined {
  if (text === undefined || /^[1-9]\d{0,2}$/.test(text)) return text === undefined ? undefined : Number(text);
  throw new Error(`--rounds takes a number from 1 to 999, not ${text}`);
}

function readNames(values: readonly string[] | undefined): string[] | undefined {
  return values?.flatMap((names) => names.split(',')).map((name) => name.trim());
}

function refuseUnknown(kind: string, names: readonly string[] | undefined, known: readonly string[]): void {
  const unknown = names?.filter((name) => !known.includes(name)) ?? [];
  if (unknown.length > 0) throw new Error(`no ${kind} ${unknown.join(', ')}; there are ${known.join(', ')}`);
}
