// Builds what is committed in ai_cms/studio/static/ai_cms/studio/editor. `node build.mjs <folder>` builds elsewhere.
import { build } from "esbuild";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const target = process.argv[2] ?? join(here, "../ai_cms/studio/static/ai_cms/studio/editor");
const common = {
  bundle: true,
  charset: "utf8",
  format: "esm",
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  minify: true,
  target: ["es2022"],
  absWorkingDir: here,
  logLevel: "warning",
};
const entries = { editor: "src/main.tsx", richtext: "src/richtext/main.ts", logged_in: "src/logged_in.ts" };
const packages = new Set();
for (const [name, source] of Object.entries(entries)) {
  const { metafile } = await build({ ...common, entryPoints: [source], outfile: join(target, `${name}.js`), metafile: true });
  for (const path of Object.keys(metafile.inputs)) {
    const found = path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//g)?.at(-1)?.replace(/^node_modules\/|\/$/g, "");
    if (found) packages.add(found);
  }
}
for (const name of ["editor", "frame"]) {
  await build({ ...common, entryPoints: [`src/${name}.css`], outfile: join(target, `${name}.css`) });
}
const parts = ["The editor's scripts contain these packages.\n"];
for (const name of [...packages].sort()) {
  const folder = join(here, "node_modules", name);
  const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? (await readFile(join(folder, file), "utf8")).trim() : `Licensed under ${license}.`;
  parts.push(`${"=".repeat(72)}\n${name} ${version} (${license})\n${"=".repeat(72)}\n\n${text}\n`);
}
await writeFile(join(target, "LICENSES.txt"), parts.join("\n"));
