/** The words of a text, for long lists of operators. */
export function names(text: string): string[] {
  return text.trim().split(/\s+/);
}
