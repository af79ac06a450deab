// Runs every *.test.ts below this folder with node's own runner: esbuild turns them into modules first.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const folder = fileURLToPath(new URL(".", import.meta.url));
const outdir = mkdtempSync(join(tmpdir(), "splat-widgets-test-"));
try {
  await esbuild.build({
    entryPoints: readdirSync(folder, { recursive: true })
      .filter((name) => name.endsWith(".test.ts"))
      .map((name) => join(folder, name)),
    outdir,
    outbase: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    loader: { ".css": "text" },
    sourcemap: "inline",
  });
  const files = readdirSync(outdir, { recursive: true })
    .filter((name) => name.endsWith(".mjs"))
    .map((name) => join(outdir, name));
  const run = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files], {
    stdio: "inherit",
  });
  process.exitCode = run.status ?? 1;
} finally {
  rmSync(outdir, { recursive: true, force: true });
}
