// Data textures that hold the splats' values.
import { DataTexture, FloatType, RGBAFormat, type TextureDataType } from "three";

/** Four floats a splat, on the page and on the GPU. */
export type Plane = { texture: DataTexture; values: Float32Array };

/** Four numbers a texel, float32 or half. */
export function texture(width: number, height: number, type: TextureDataType): DataTexture {
  const values =
    type === FloatType ? new Float32Array(4 * width * height) : new Uint16Array(4 * width * height);
  const made = new DataTexture(values, width, height, RGBAFormat, type);
  made.needsUpdate = true;
  return made;
}

export function plane(width: number, height: number): Plane {
  const made = texture(width, height, FloatType);
  return { texture: made, values: made.image.data as unknown as Float32Array };
}
