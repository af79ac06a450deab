// node build.mjs PAGE.ts OUTFILE; needs `npm ci` in splat_widgets/client, and where the page is.
import { createRequire } from "node:module";

const client = new URL("../../splat_widgets/client/", import.meta.url);
const esbuild = createRequire(new URL("package.json", client))("esbuild");
await esbuild.build({
  entryPoints: [process.argv[2]],
  outfile: process.argv[3],
  bundle: true,
  format: "esm",
  target: "es2022",
  loader: { ".css": "text" },
  logLevel: "warning",
});
