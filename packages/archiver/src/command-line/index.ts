/** What the command lines of archiver and server have in common. */
export { usageMessage } from './usage-message.ts';
export { completeFlags, FlagNameError, type FlagNames } from './flag-names.ts';
export { misspelt } from './misspelt.ts';
export { nearest } from './nearest.ts';
