// Data textures that hold the splats' values.
import {
  DataTexture,
  FloatType,
  RedIntegerFormat,
  RGBAFormat,
  type TextureDataType,
  UnsignedByteType,
  UnsignedIntType,
} from "three";

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

/** One unsigned integer a texel, 8 or 32 bits. */
export function integers(
  values: Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer>,
  width: number,
): DataTexture {
  const isByte = values.BYTES_PER_ELEMENT === 1;
  const type = isByte ? UnsignedByteType : UnsignedIntType;
  const made = new DataTexture(values, width, values.length / width, RedIntegerFormat, type);
  made.internalFormat = isByte ? "R8UI" : "R32UI";
  made.unpackAlignment = values.BYTES_PER_ELEMENT;
  made.needsUpdate = true;
  return made;
}

/** Sends only these rows to the GPU again. */
export function touchRows(texture: DataTexture, from: number, to: number): void {
  const length = 4 * texture.image.width;
  for (let row = from; row < to; row++) texture.addUpdateRange(row * length, length);
  texture.needsUpdate = true;
}
