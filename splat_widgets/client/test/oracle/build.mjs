// Builds a page script that draws with Spark, the independent renderer that the browser tests
// compare with, or one that reads files: node test/oracle/build.mjs OUTFILE [spark.ts | files.ts].
// It is never part of the bundle.
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

await esbuild.build({
  entryPoints: [fileURLToPath(new URL(process.argv[3] ?? "spark.ts", import.meta.url))],
  outfile: process.argv[2],
  bundle: true,
  format: "esm",
  target: "es2022",
  logLevel: "warning",
});
