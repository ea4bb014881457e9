/** What a graph says of itself: what its units say of themselves, and what goes in and comes out at its ends (`metadata.go` of the executor). */
import { isPlainObject } from '../../model-config.ts';
import { askUnit, type UnitRun } from './ask-unit.ts';
import { unitsOf, type SeldonGraph, type SeldonUnit } from './seldon-unit.ts';

type Metadata = Readonly<Record<string, unknown>>;

/** As `SeldonGraphMetadata`, in the spelling of the executor's REST API. @throws as `askUnit` does */
export async function graphMetadata({ name, root }: SeldonGraph, run: UnitRun): Promise<Metadata> {
  const units = unitsOf(root).filter(({ place }) => place.kind !== 'built-in');
  const entries = units.map(async (unit) => {
    const metadata: unknown = await askUnit({ unit, method: 'metadata', body: undefined }, run);
    return [unit.name, isPlainObject(metadata) ? metadata : {}] as const;
  });
  const models = Object.fromEntries(await Promise.all(entries));
  const { input, output } = endsOf(root);
  return {
    name,
    models,
    graphinputs: models[input.name]?.['inputs'] ?? [],
    graphoutputs: models[output.name]?.['outputs'] ?? [],
  };
}

interface Ends {
  readonly input: SeldonUnit;
  readonly output: SeldonUnit;
}

/** All children are taken for alike: the first one speaks for them. */
function endsOf(unit: SeldonUnit): Ends {
  const [child] = unit.children;
  if (child === undefined) return { input: unit, output: unit };
  const inner = endsOf(child);
  const has = (...methods: readonly string[]) =>
    methods.some((method) => (unit.methods as ReadonlySet<string>).has(method));
  return {
    input: has('predict', 'transform-input') ? unit : inner.input,
    output: has('aggregate', 'transform-output') ? unit : inner.output,
  };
}
