import {
  MODEL_NAME_PATTERN,
  MODEL_VERSION_PATTERN,
  modelNameProblem,
  modelVersionProblem,
} from '@marserve/archiver/format';
import { describe, expect, it } from 'vitest';
import { assertModelKey, NAME_PATTERN, VERSION_PATTERN } from './model-key.ts';

const isRefused = (name: string, version: string) => {
  try {
    assertModelKey({ name, version });
    return false;
  } catch {
    return true;
  }
};

describe('the key of a model', () => {
  it.each(['1.0', '1', 'v2', '2024-06-01', '1.0.0-rc.1+build.5', 'A_b'])('may have the version %s', (version) => {
    expect([isRefused('m', version), modelVersionProblem(version)]).toEqual([false, undefined]);
  });

  it.each(['all', 'ALL', '', ' ', 'a b', '../1', '1/0', '-1', '.', '1%30', 'ä', '1\n', '1?x', 'x'.concat('\0')])(
    'may not have the version %j, here nor in an archive',
    (version) => {
      expect(isRefused('m', version)).toBe(true);
      expect(modelVersionProblem(version)).toContain('expected');
    },
  );

  it.each(['all', 'All', '', 'a b', '_m', 'm/n', '1+1'])('may not have the name %j, here nor in an archive', (name) => {
    expect(isRefused(name, '1.0')).toBe(true);
    expect(modelNameProblem(name)).toContain('expected');
  });

  it('has the rules of the archive format', () => {
    expect([NAME_PATTERN, VERSION_PATTERN]).toEqual([MODEL_NAME_PATTERN, MODEL_VERSION_PATTERN]);
  });
});
