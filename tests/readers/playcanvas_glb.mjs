// The Gaussians that PlayCanvas's engine finds in a `.glb`, as the floats of its columns.
//
//     node playcanvas_glb.mjs a.glb columns.bin
//
// The first line is the names of the columns as JSON; then each column, 32 bits a number.

import { readFileSync, writeFileSync } from "node:fs";
import { argv } from "node:process";
import { AssetRegistry, NullGraphicsDevice, ResourceLoader } from "playcanvas";

// What the engine's own loader of `.glb` assets is made of; that one needs a page.
const parsers = "playcanvas/build/playcanvas/src/framework/parsers";
const { GlbParser } = await import(`${parsers}/glb-parser.js`);
const { khrGaussianSplatting } = await import(
  `${parsers}/glb/extensions/khr-gaussian-splatting.js`
);

const [, , from, to] = argv;
const canvas = {
  width: 1,
  height: 1,
  style: {},
  addEventListener: () => {},
  getBoundingClientRect: () => ({ width: 1, height: 1 }),
};
const device = new NullGraphicsDevice(canvas, {});
const registry = new AssetRegistry(new ResourceLoader({}));
const data = new Uint8Array(readFileSync(from));

GlbParser.parse("a.glb", "", data, device, registry, {}, [khrGaussianSplatting], (error, found) => {
  if (error) throw new Error(String(error));
  const [[{ gsplatData }]] = found.gsplats;
  const { properties } = gsplatData.elements[0];
  const names = properties.map(({ name }) => name);
  const columns = properties.map(({ storage }) => Buffer.from(storage.buffer));
  writeFileSync(to, Buffer.concat([Buffer.from(`${JSON.stringify(names)}\n`), ...columns]));
});
