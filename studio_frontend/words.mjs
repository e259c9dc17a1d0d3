// Writes ai_cms/studio/editor/words.py: every text that the sources give to t() or later().
import { readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const target = process.argv[2] ?? join(here, "../ai_cms/studio/editor/words.py");
const found = new Set();
for (const entry of await readdir(join(here, "src"), { recursive: true })) {
  if (!/\.tsx?$/.test(entry)) continue;
  const source = await readFile(join(here, "src", entry), "utf8");
  for (const [, text] of source.matchAll(/\b(?:t|later)\(\s*"((?:[^"\\]|\\.)*)"/g)) found.add(JSON.parse(`"${text}"`));
}
const quoted = (text) => (text.includes('"') ? `'${text.replaceAll("'", "\\'")}'` : `"${text}"`);
/** A call as the formatter lays it out: long texts in parts. */
const call = (text) => {
  const line = `    gettext_noop(${quoted(text)}),`;
  if (line.length <= 120) return line;
  const parts = [];
  let rest = text;
  // What fits on a line of its own stays whole.
  while (rest.length > (parts.length ? 100 : 109)) {
    const cut = rest.lastIndexOf(" ", 100) + 1;
    parts.push(rest.slice(0, cut));
    rest = rest.slice(cut);
  }
  return ["    gettext_noop(", ...[...parts, rest].map((part) => `        ${quoted(part)}`), "    ),"].join("\n");
};
const lines = [...found].sort().map(call);
await writeFile(
  target,
  `"""Everything the editor's script says, to be translated: English is the key, in the script too.

Written by \`\`node studio_frontend/words.mjs\`\` from the sources.
"""

from __future__ import annotations

from django.utils.translation import gettext, gettext_noop

__all__ = ["WORDS", "words"]

WORDS = (
${lines.join("\n")}
)


def words() -> dict[str, str]:
    """Return the translations into the active language; what is not translated is left out."""
    return {text: said for text in WORDS if (said := gettext(text)) != text}
`,
);
