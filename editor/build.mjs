// Builds the one bundle that the page of the SPARQL endpoint loads: editor.js, editor.css and the licences of what is
// in it, into the folder of the first argument (default: gbvkg/web/static). The same sources and the same lock file
// give the same bytes on every machine: no time, no path and no random name goes in.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, "../gbvkg/web/static"));

/** SHA-256 over name and content of all that the bundle is made of; tests/test_web_editor.py computes it too. */
function sourceHash() {
  const names = ["build.mjs", "package-lock.json", ...readdirSync(join(here, "src")).sort().map((n) => `src/${n}`)];
  const hash = createHash("sha256");
  for (const name of names) hash.update(`${name}\0`).update(readFileSync(join(here, name))).update("\0");
  return hash.digest("hex");
}

/** The packages that have at least one byte in the bundle, sorted. */
function packagesIn(metafile) {
  const used = new Set();
  for (const [name, input] of Object.entries(Object.values(metafile.outputs)[0].inputs)) {
    const match = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(name);
    if (match && input.bytesInOutput > 0) used.add(match[1]);
  }
  return [...used].sort();
}

function licence(name) {
  const folder = join(here, "node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file || !license) throw new Error(`${name} ${version} does not say its licence`);
  return `${name} ${version}, ${license}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
}

const banner = `/* gbvkg SPARQL editor, EUPL-1.2; what it is built of: editor.LICENSES.txt; sources sha256:${sourceHash()} */`;
const common = { bundle: true, minify: true, write: false, legalComments: "none", charset: "utf8", absWorkingDir: here };
const script = await build({
  ...common,
  entryPoints: ["src/main.js"],
  outfile: "editor.js",
  format: "iife",
  target: ["es2020"],
  metafile: true,
  banner: { js: banner },
});
const style = await build({ ...common, entryPoints: ["src/editor.css"], outfile: "editor.css", banner: { css: banner } });

mkdirSync(out, { recursive: true });
writeFileSync(join(out, "editor.js"), script.outputFiles[0].contents);
writeFileSync(join(out, "editor.css"), style.outputFiles[0].contents);
writeFileSync(
  join(out, "editor.LICENSES.txt"),
  "editor.js contains these packages, each under the licence that follows its name.\n\n" +
    packagesIn(script.metafile).map(licence).join(`\n${"-".repeat(72)}\n\n`),
);
