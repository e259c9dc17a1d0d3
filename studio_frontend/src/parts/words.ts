// Words for people: English is the key, the server sends what the language has for it.

let catalogue: Record<string, string> = {};

export function useWords(words: Record<string, string>): void {
  catalogue = words;
}

/** The text in the reader's language; {name} is filled in. */
export function t(text: string, values: Record<string, string | number> = {}): string {
  return (catalogue[text] ?? text).replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** A text that is translated where it is shown. */
export const later = (text: string): string => text;
