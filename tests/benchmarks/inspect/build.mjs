// node build.mjs OUTFILE; needs `npm ci` in splat_widgets/client.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const client = new URL("../../../splat_widgets/client/", import.meta.url);
const esbuild = createRequire(new URL("package.json", client))("esbuild");
await esbuild.build({
  entryPoints: [fileURLToPath(new URL("page.ts", import.meta.url))],
  outfile: process.argv[2],
  bundle: true,
  format: "esm",
  target: "es2022",
  loader: { ".css": "text" },
  logLevel: "warning",
});
