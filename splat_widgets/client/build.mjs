// Builds every widget into one ES module, ../static/widgets.js, that the loader imports.
// `--watch` rebuilds on change; `--metafile` prints what the bytes are.
import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const outfile = here("../static/widgets.js");
const options = {
  entryPoints: [here("src/index.ts")],
  outfile,
  bundle: true,
  format: "esm",
  minify: true,
  target: "es2022",
  loader: { ".css": "text" },
  legalComments: "eof",
  metafile: process.argv.includes("--metafile"),
  logLevel: "info",
};

if (process.argv.includes("--watch")) {
  const context = await esbuild.context(options);
  await context.watch();
} else {
  const result = await esbuild.build(options);
  if (result.metafile) console.log(await esbuild.analyzeMetafile(result.metafile));
  console.log(`${outfile}: ${(await stat(outfile)).size} bytes`);
}
