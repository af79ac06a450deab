// Builds a page script that draws with Spark, the independent renderer that the browser tests
// compare with: node test/oracle/build.mjs OUTFILE. It is never part of the bundle.
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

await esbuild.build({
  entryPoints: [fileURLToPath(new URL("spark.ts", import.meta.url))],
  outfile: process.argv[2],
  bundle: true,
  format: "esm",
  target: "es2022",
  logLevel: "warning",
});
