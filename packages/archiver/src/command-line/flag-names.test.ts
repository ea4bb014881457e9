import { describe, expect, it } from 'vitest';
import { completeFlags, FlagNameError } from './flag-names.ts';

const FLAGS = {
  'model-name': true,
  'model-file': true,
  'model-file-format': true,
  handler: true,
  h: false,
  r: true,
  force: false,
};

describe('completeFlags', () => {
  it.each([
    ['--model-n m', '--model-name m'],
    ['--model-name=m --fo', '--model-name=m --force'],
    ['--f', '--force'],
    ['--hand=h.ts', '--handler=h.ts'],
    ['--hand=a=b', '--handler=a=b'],
    ['-r x -h', '-r x -h'],
    ['inspect a.mar', 'inspect a.mar'],
    ['--f -- --mod --model-n', '--force -- --mod --model-n'],
    ['--model-file x', '--model-file x'],
    ['--model-file-f x', '--model-file-format x'],
    ['--model_name x', '--model-name x'],
    ['--model_file_f=x', '--model-file-format=x'],
  ])('%s is %s', (line, expected) => {
    expect(completeFlags(line.split(' '), FLAGS)).toEqual(expected.split(' '));
  });

  it.each([
    [['--model-name', 'm', '--handler', '', '--force']],
    [['--model-name', 'm', '--handler=', '--force']],
    [['--model-name', 'm', '--hand', '', '--force']],
    [['-r', '', '--model-name', 'm', '--force']],
    [['--model-name', 'm', '--force', '--handler', '']],
  ])('%j: a flag with an empty value is left out', (args) => {
    expect(completeFlags(args, FLAGS)).toEqual(['--model-name', 'm', '--force']);
  });

  it('an empty value of a flag that takes none is left for the parser', () => {
    expect(completeFlags(['--force', '', '--force='], FLAGS)).toEqual(['--force', '', '--force=']);
  });

  it.each([
    ['--mod', 'Ambiguous argument: --mod may be --model-name, --model-file, --model-file-format.'],
    ['--model-f=x', 'Ambiguous argument: --model-f may be --model-file, --model-file-format.'],
    ['--modl-name', 'Unknown argument: modl-name. Did you mean --model-name?'],
    ['--modl_name', 'Unknown argument: modl_name. Did you mean --model-name?'],
    ['--forced', 'Unknown argument: forced. Did you mean --force?'],
    ['-m', 'Unknown argument: -m. Did you mean --model-name or --model-file or --model-file-format?'],
    ['-model-nam', 'Unknown argument: -model-nam. Did you mean --model-name?'],
    ['-q', 'Unknown argument: -q.'],
    ['--nothing-of-the-kind', 'Unknown argument: nothing-of-the-kind.'],
  ])('%s is refused', (flag, message) => {
    const refusal = (): string[] => completeFlags([flag], FLAGS);
    expect(refusal).toThrow(FlagNameError);
    expect(refusal).toThrow(message);
  });

  it('every prefix of every flag means that flag, is ambiguous, or is another flag', () => {
    const names = Object.keys(FLAGS).filter((name) => name.length > 1);
    for (const name of names) {
      for (let length = 1; length <= name.length; length += 1) {
        const prefix = name.slice(0, length);
        const matches = names.filter((each) => each.startsWith(prefix));
        if (names.includes(prefix)) expect(completeFlags([`--${prefix}`], FLAGS)).toEqual([`--${prefix}`]);
        else if (matches.length === 1) expect(completeFlags([`--${prefix}`], FLAGS)).toEqual([`--${name}`]);
        else expect(() => completeFlags([`--${prefix}`], FLAGS)).toThrow(/^Ambiguous/);
      }
    }
  });
});
