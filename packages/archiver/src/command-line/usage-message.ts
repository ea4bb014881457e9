/** What yargs says is wrong with a command line, with the names of flags as they are written. */

const ABOUT_FLAGS = /^(Missing required arguments?|Not enough arguments following): (.+)$/m;

/** `Missing required arguments: --model-name, --version`, where yargs leaves the dashes out. */
export function usageMessage(message: string): string {
  return message.replace(ABOUT_FLAGS, (_, problem: string, names: string) => `${problem}: ${dashed(names)}`);
}

function dashed(names: string): string {
  return names.replaceAll(/[\w-]+/g, (name) => (name.length === 1 ? `-${name}` : `--${name}`));
}
