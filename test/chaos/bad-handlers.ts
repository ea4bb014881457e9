/** Handlers that do what none should, and what their requests are answered with; see HOSTILE for more of them. */

/** What a harm does to its request. */
export type Effect = 'answered' | 'refused';

/** Fails in all ways, and returns what is no answer. */
export const RUDE = `
  export default class Rude {
    handle(data) {
      return WAYS[data[0].body]();
    }
  }
  const WAYS = {
    nothing: () => ['fine'],
    'throw a string': () => { throw 'just text'; },
    'throw undefined': () => { throw undefined; },
    reject: () => Promise.reject(new Error('rejected')),
    'return undefined': () => undefined,
    'return too few': () => [],
    'return too many': () => ['one', 'two'],
    'return no array': () => 'x',
    'return a symbol': () => [Symbol('x')],
    'return a cycle': () => { const ring = { list: [] }; ring.list.push(ring); return [ring]; },
    'return depth': () => { let depth = []; for (let level = 0; level < 200_000; level += 1) depth = [depth]; return [depth]; },
    'return too much': () => ['x'.repeat(50_000_000)],
    'return toJSON': () => [{ toJSON() { throw new Error('gotcha'); } }],
    'return a bigint': () => [12345678901234567890n],
    'return a map': () => [new Map([[1, 2]])],
    'return NaN': () => [NaN],
    'return a hole': () => new Array(1),
    loop: () => { for (;;); },
    never: () => new Promise(() => {}),
    exit: () => process.exit(0),
    abort: () => process.abort(),
    'exit later': () => { setTimeout(() => process.exit(1), 50); return new Promise(() => {}); },
    'print lines': () => { for (let line = 0; line < 20_000; line += 1) console.log('line', line); return ['printed']; },
    'print to stderr': () => { process.stderr.write('x'.repeat(5_000_000)); return ['printed']; },
  };
`;

/** Forgets nothing. */
export const LEAKY = `
  const all = [];
  export default class Leaky {
    async handle(data) {
      all.push(Buffer.alloc(10_000_000, 1));
      await new Promise((resolve) => setTimeout(resolve, 50));
      return data.map((row) => row.data ?? row.body);
    }
  }
`;

/** Handlers that are never ready, by what they do instead. */
export const STILLBORN: Readonly<Record<string, string>> = {
  throws: `throw new Error('no')`,
  exits: 'process.exit(0)',
  hangs: 'return new Promise(() => {})',
  loops: 'for (;;);',
  prints: `process.stdout.write('x'.repeat(5_000_000)); throw new Error('no')`,
};

export function stillborn(initialize: string): string {
  return `export default class Stillborn { initialize() { ${initialize}; } handle(data) { return data; } }`;
}

export interface HarmGroup {
  readonly model: 'rude' | 'hostile';
  /** Seconds; default 30. */
  readonly responseTimeout?: number;
  readonly harms: Readonly<Record<string, Effect>>;
}

/** Harms in the order in which one model is asked for them; those of different models happen at the same time. */
export const HARMS: readonly HarmGroup[] = [
  {
    model: 'rude',
    harms: {
      'throw a string': 'refused',
      'throw undefined': 'refused',
      reject: 'refused',
      'return undefined': 'refused',
      'return too few': 'refused',
      'return too many': 'refused',
      'return no array': 'refused',
      'return a symbol': 'refused',
      'return a cycle': 'refused',
      'return depth': 'refused',
      'return too much': 'refused',
      'return toJSON': 'refused',
      'return a bigint': 'answered',
      'return a map': 'answered',
      'return NaN': 'answered',
      'return a hole': 'refused',
      'print lines': 'answered',
      'print to stderr': 'answered',
    },
  },
  { model: 'rude', responseTimeout: 3, harms: { loop: 'refused', never: 'refused' } },
  { model: 'rude', harms: { exit: 'refused', abort: 'refused', 'exit later': 'refused' } },
  {
    model: 'hostile',
    harms: {
      trailer: 'refused',
      status: 'refused',
      logs: 'answered',
      'long log': 'answered',
      samples: 'answered',
      'long error': 'refused',
      'no prototype': 'refused',
      'throwing message': 'refused',
      proxy: 'refused',
      getter: 'refused',
      circular: 'refused',
      function: 'refused',
      megabytes: 'answered',
      grandchild: 'answered',
    },
  },
  {
    model: 'hostile',
    harms: { 'close the wire': 'refused', 'garbage on the wire': 'refused', 'unhandled rejection': 'refused' },
  },
];
