/** Guesses what a misspelt name was meant to be; the archiver does so, too. */
export { nearest } from '@marserve/archiver/command-line';
