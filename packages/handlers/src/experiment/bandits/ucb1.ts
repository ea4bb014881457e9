/** The arm that may be best: the less is known of one, the more it may be. */
import type { Bandit } from './bandit.ts';

/**
 * Auer, Cesa-Bianchi, Fischer: Finite-time Analysis of the Multiarmed Bandit Problem, 2002, figure 1. Rewards are from 0 to 1, and
 * may come late: an arm without any is chosen first, of several the one with the fewest requests (Joulani, György, Szepesvári:
 * Online Learning under Delayed Feedback, 2013).
 * @param exploration the 2 in √(2 ln n / nⱼ)
 */
export function ucb1(exploration = 2): Bandit {
  return (arms) => {
    const unknown = arms.filter(({ rewards }) => rewards === 0);
    if (unknown.length > 0) {
      const fewest = Math.min(...unknown.map(({ requests }) => requests));
      return arms.findIndex(({ rewards, requests }) => rewards === 0 && requests === fewest);
    }
    const all = arms.reduce((count, { rewards }) => count + rewards, 0);
    const bounds = arms.map(({ rewards, sum }) => sum / rewards + Math.sqrt((exploration * Math.log(all)) / rewards));
    return bounds.indexOf(Math.max(...bounds));
  };
}
