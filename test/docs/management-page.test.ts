/** The tables of docs/management.md have the parameters that there are, with their defaults. */
import { readFile } from 'node:fs/promises';
import { SETTINGS } from '@marserve/archiver/model-config';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startDaemon } from '../helpers/daemon.ts';
import { send } from '../helpers/http.ts';
import { ROOT } from '../helpers/pages.ts';

const PAGE = await readFile(`${ROOT}docs/management.md`, 'utf8');

interface Row {
  readonly fallback: string;
  readonly meaning: string;
}

/** The table of a registration's parameters, by their names. */
function documented(): ReadonlyMap<string, Row> {
  const [, section = ''] = /^## Register\n([^]*?)^## /m.exec(PAGE) ?? [];
  const rows = section.matchAll(/^\| `(\w+)` +\| (.*?) +\| (.*?) +\|$/gm);
  return new Map([...rows].map(([, name = '', fallback = '', meaning = '']) => [name, { fallback, meaning }]));
}

interface Described {
  readonly name: string;
  readonly required: boolean;
  readonly schema: { readonly default?: unknown };
}

/** Of the endpoint, as the API description has them. */
async function parametersOf(path: string, method: string): Promise<readonly Described[]> {
  const daemon = await startDaemon();
  onTestFinished(() => daemon.close());
  const description = await send(`${daemon.management}/api-description`);
  const { paths } = description.json<{ paths: Record<string, Record<string, { parameters: Described[] }>> }>();
  return paths[path]?.[method]?.parameters ?? [];
}

describe('the parameters of a registration', () => {
  it('are those that there are, with what counts when they are not given', async () => {
    const rows = documented();
    const parameters = await parametersOf('/models', 'post');
    expect([...rows.keys()].toSorted()).toEqual(parameters.map(({ name }) => name).toSorted());
    for (const { name, required, schema } of parameters) {
      const expected = required ? 'required' : `\`${String(schema.default)}\``;
      if (required || schema.default !== undefined) expect([name, rows.get(name)?.fallback]).toEqual([name, expected]);
    }
  });

  const settings = SETTINGS.flatMap(({ parameter, ...setting }) => (parameter ? [{ ...setting, parameter }] : []));

  it.each(settings)('have the default and the unit of the table of settings: $parameter.name', (setting) => {
    const { parameter, serverKey, unit = '', default: fallback } = setting;
    const value = typeof fallback === 'string' ? `\`${fallback}\`` : String(fallback);
    const key = serverKey === parameter.name ? `the server's \`${serverKey}\`` : `\`${serverKey}\``;
    expect(documented().get(parameter.name)).toEqual({
      fallback: `model YAML, then ${key} (${value})`,
      meaning: expect.stringContaining(unit) as string,
    });
  });
});
