// What-if variants of the splats: centres without offsets, colours of the photo. Each has its own
// texture, made when its attributes arrive; showing it changes one uniform.
import type { DataTexture } from "three";
import type { Channels } from "./channels";
import { OVERRIDE_CHANNELS } from "./look";
import { type Plane, plane } from "./textures";

/** One variant: the predicted values minus the values of its channels. */
export class WhatIf {
  private variant: Plane | undefined;

  constructor(
    private readonly override: "no_offset" | "photo_colour",
    private readonly predicted: Plane,
    private readonly channels: Channels,
  ) {}

  get plane(): Plane | undefined {
    return this.variant;
  }

  /** Takes a channel that arrived; returns the texture if it changed. */
  onChannel(name: string): DataTexture | undefined {
    return OVERRIDE_CHANNELS[this.override].includes(name) ? this.update() : undefined;
  }

  /** Follows predicted values that changed. */
  onSplats(): void {
    if (this.variant) this.update();
  }

  dispose(): void {
    this.variant?.texture.dispose();
  }

  private update(): DataTexture | undefined {
    const named = OVERRIDE_CHANNELS[this.override].map((name) => this.channels.get(name));
    const [x, y, z] = named;
    if (!x || !y || !z || named.includes(undefined)) return undefined;
    const { width, height } = this.predicted.texture.image;
    this.variant ??= plane(width, height);
    const { texture, values } = this.variant;
    values.set(this.predicted.values);
    const length = named[3];
    [x, y, z].forEach((part, axis) => {
      for (let i = 0; i < part.length; i++) {
        if (!length) values[4 * i + axis] -= part[i];
        else if (length[i] > 0) values[4 * i + axis] -= length[i] * part[i]; // else it has no direction
      }
    });
    texture.needsUpdate = true;
    return texture;
  }
}
