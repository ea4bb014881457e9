/**
 * What the bandits of experiments lose against the best arm, on rewards whose means are known, beside the bounds that their authors
 * have proved. Exits with 1 where one loses more.
 *
 *     npm run bench:experiments
 */
import { epsilonGreedy } from '../packages/handlers/dist/experiment/bandits/epsilon-greedy.js';
import {
  decayingEpsilonBound,
  fixedEpsilonBound,
  simulatedRegret,
  thompsonBound,
  ucb1Bound,
} from '../packages/handlers/dist/experiment/bandits/simulation.js';
import { betaThompsonSampling } from '../packages/handlers/dist/experiment/bandits/thompson-sampling.js';
import { ucb1 } from '../packages/handlers/dist/experiment/bandits/ucb1.js';

const HORIZON = 10_000;
const RUNS = 20;
const ARMS = [
  [0.9, 0.6],
  [0.9, 0.8],
  [0.55, 0.45],
  [0.9, 0.8, 0.8, 0.8, 0.7, 0.7, 0.7, 0.6, 0.6, 0.6],
];

const distance = (means) => {
  const best = Math.max(...means);
  return best - Math.max(...means.filter((mean) => mean < best));
};

const POLICIES = {
  ucb1: { bandit: () => ucb1(), bound: (means) => ucb1Bound(means, HORIZON) },
  thompson_sampling: {
    bandit: () => betaThompsonSampling({ alpha: 1, beta: 1 }),
    bound: (means) => thompsonBound(means, HORIZON),
  },
  'epsilon_greedy, epsilon 0.1': {
    bandit: () => epsilonGreedy({ epsilon: 0.1, initial: 0 }),
    bound: (means) => fixedEpsilonBound(means, HORIZON, 0.1),
  },
  'epsilon_greedy, decay c 5': {
    bandit: (means) => epsilonGreedy({ epsilon: 1, decay: { c: 5, d: distance(means) }, initial: 0 }),
    bound: (means) => decayingEpsilonBound(means, HORIZON, { c: 5, d: distance(means) }),
  },
};

console.log(`Mean regret of ${RUNS} runs of ${HORIZON} choices, seeds 1 to ${RUNS}`);
for (const means of ARMS) {
  console.log(`\narms ${means.join(', ')}`);
  for (const [name, { bandit, bound }] of Object.entries(POLICIES)) {
    const runs = Array.from({ length: RUNS }, (_, run) =>
      simulatedRegret({ bandit: bandit(means), means, horizon: HORIZON, seed: run + 1 }),
    );
    const regret = runs.reduce((sum, each) => sum + each, 0) / RUNS;
    const most = bound(means);
    if (regret > most) process.exitCode = 1;
    const verdict = regret <= most ? 'within' : 'BEYOND';
    console.log(`  ${name.padEnd(28)} ${regret.toFixed(1).padStart(8)}  ${verdict} ${most.toFixed(1)}`);
  }
}
