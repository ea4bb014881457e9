import { describe, expect, it } from 'vitest';
import { readOptions } from './options.ts';

const SCENARIOS = ['tiny', 'small', 'large'];
const KNOWN = { scenarios: SCENARIOS, peers: ['mosec', 'fastapi'], models: ['cnn'] };

describe('readOptions', () => {
  it('runs everything in full length by default', () => {
    expect(readOptions([], KNOWN)).toMatchObject({
      only: undefined,
      isQuick: false,
      compare: undefined,
      peers: undefined,
      action: 'run',
    });
  });

  it('takes names between commas and more than once', () => {
    expect(readOptions(['--only', 'tiny,small', '--only', 'large'], KNOWN).only).toEqual(SCENARIOS);
  });

  it('takes a revision to compare with', () => {
    expect(readOptions(['--quick', '--compare', 'HEAD~3'], KNOWN)).toMatchObject({ isQuick: true, compare: 'HEAD~3' });
  });

  it('refuses a scenario that does not exist, and names those that do', () => {
    expect(() => readOptions(['--only', 'tinny'], KNOWN)).toThrow('no scenario tinny; there are tiny, small, large');
  });

  it('refuses an option that does not exist', () => {
    expect(() => readOptions(['--fast'], KNOWN)).toThrow('--fast');
  });

  it.each([
    [['--peers']],
    [['--peers', '--quick']],
    [['--quick', '--peers']],
    [['--peers', '--rounds', '5']],
    [['--peers=all']],
    [['--peers', 'all']],
  ])('measures all peers with %j', (args) => {
    expect(readOptions(args, KNOWN).peers).toMatchObject({ names: undefined });
  });

  it('takes some peers, how often, with which models, and the path of a binary', () => {
    const args = ['--peers', 'fastapi,mosec', '--rounds', '5', '--only', 'cnn', '--onnxruntime-server', '/opt/server'];
    expect(readOptions(args, KNOWN)).toMatchObject({
      only: ['cnn'],
      peers: { names: ['fastapi', 'mosec'], rounds: 5, onnxruntimeServer: '/opt/server' },
    });
  });

  it.each([
    [['--peers', 'mosek'], 'no peer mosek; there are mosec, fastapi'],
    [['--peers', '--only', 'tiny'], 'no model for the peers tiny; there are cnn'],
    [['--only', 'cnn'], 'no scenario cnn; there are tiny, small, large'],
    [['--peers', '--rounds', '0'], '--rounds takes a number from 1 to 999, not 0'],
    [['--peers', '--rounds', '2.5'], '--rounds takes a number from 1 to 999, not 2.5'],
    [['--rounds', '2'], '--rounds and --onnxruntime-server are for --peers alone'],
    [['--onnxruntime-server', '/opt/server'], '--rounds and --onnxruntime-server are for --peers alone'],
    [['--peers', '--compare', 'HEAD'], '--peers goes with neither --compare nor --profile'],
    [['--peers', '--profile'], '--peers goes with neither --compare nor --profile'],
  ])('refuses %j', (args, message) => {
    expect(() => readOptions(args, KNOWN)).toThrow(message);
  });
});
