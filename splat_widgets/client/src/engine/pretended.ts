// Splats as they are not: centres at the points they were moved from, colours of the photo. Textures
// of their own, made when the attributes arrive, so that showing them is one changed uniform.
import type { DataTexture } from "three";
import type { Channels } from "./channels";
import { OVERRIDE_CHANNELS } from "./look";
import { type Plane, plane } from "./textures";

/** The same splats with something taken back: `predicted` less what channels say. */
export class Pretended {
  private made: Plane | undefined;

  constructor(
    private readonly override: "no_offset" | "photo_colour",
    private readonly predicted: Plane,
    private readonly channels: Channels,
  ) {}

  get plane(): Plane | undefined {
    return this.made;
  }

  /** After a channel has come; returns the texture if it has changed. */
  onChannel(name: string): DataTexture | undefined {
    return OVERRIDE_CHANNELS[this.override].includes(name) ? this.update() : undefined;
  }

  /** After the predicted values have changed. */
  onSplats(): void {
    if (this.made) this.update();
  }

  dispose(): void {
    this.made?.texture.dispose();
  }

  private update(): DataTexture | undefined {
    const named = OVERRIDE_CHANNELS[this.override].map((name) => this.channels.get(name));
    const [x, y, z] = named;
    if (!x || !y || !z || named.includes(undefined)) return undefined;
    const { width, height } = this.predicted.texture.image;
    this.made ??= plane(width, height);
    const { texture, values } = this.made;
    values.set(this.predicted.values);
    const length = named[3];
    [x, y, z].forEach((part, axis) => {
      for (let i = 0; i < part.length; i++) {
        if (!length) values[4 * i + axis] -= part[i];
        else if (length[i] > 0) values[4 * i + axis] -= length[i] * part[i]; // else no direction
      }
    });
    texture.needsUpdate = true;
    return texture;
  }
}
