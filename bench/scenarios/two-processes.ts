/** What of the time of a lone request is the price of a model in a process of its own: no server of that kind is faster. */
import { startTwoProcesses } from '../limits/two-processes.ts';
import type { Scenario } from '../scenario.ts';
import { startLatencyLimit, TINY_ALONE } from './tiny-latency.ts';

export const twoProcesses: Scenario = {
  name: 'two-processes',
  title: 'the same without marserve: bare node:http, and the model in a bare child process',
  limit: { label: 'p50 of bare node:http + p50 of session.run', start: startLatencyLimit },
  marserve: { label: 'bare node:http and a bare child', start: (bench) => startTwoProcesses(bench, TINY_ALONE) },
  goals: [{ metric: 'p50', compare: 'difference' }],
};
