// GLSL of the splats.
//
// Projection: EWA splatting with the local affine approximation of Zwicker et al. (2001), with the
// constants of 3D Gaussian Splatting (Kerbl et al. 2023) as published: LOW_PASS_PX2 is added to the
// diagonal of the projected covariance without compensating the opacity, alpha is at most MAX_ALPHA,
// nothing is drawn below MIN_ALPHA, the Jacobian is held inside the field of view and its margin. Colours are display values:
// nothing is converted between colour spaces.
//
// The picture is that of `splat_widgets.rendering` to within the rounding to 8 bits
// (`tests/browser/test_viewer_picture.py`). Where it differs, it does so for speed:
// - splats whose depths differ by less than 1 in 8000 may be drawn in either order (`sort.ts`);
// - graphics cards blend in half floats, about 0.05 % off (`blending.ts`);
// - a preview's values travel as half floats (`viewer/wire.py`); `exact` sends float32.

import {
  type Display,
  FIELD_OF_VIEW_MARGIN,
  LOW_PASS_PX2,
  MAX_ALPHA,
  MIN_ALPHA,
  NEAR_PLANE,
} from "../page/state.gen";
import { COLOUR_INDEX_GLSL } from "./colormaps";

/** Quads per instance: software GL pays for every instance, real GPUs do not. */
export const QUADS_PER_INSTANCE = 256;

/** GPUs round the corners of a quad, some of them to sixteenths of a pixel. */
const CORNER_MARGIN_PX = 0.125;

/** Display colour of marked splats: magenta, which no colormap and hardly a photo contains. */
export const MARK_COLOUR = [1, 0.2, 0.85] as const;
/** Marked splats that are too faint to be seen get a dot of this radius, CSS px, at their centre. */
const MARK_RADIUS_PX = 2.2;
/** Opacities between which the dot fades: an opaque splat shows its tint itself. */
const MARK_FADE = [0.35, 0.8] as const;

export const DISPLAY = { splats: 0, points: 1, ellipsoids: 2 } as const satisfies Record<
  Display,
  number
>;
export type { Display };

const SH_BASIS = /* glsl */ `
// Real spherical harmonics in the order and signs of 3D Gaussian Splatting; d is a unit vector from
// the camera to the splat, in the data's own frame.
vec3 viewDependentColour(int splat, vec3 d) {
  vec3 c = vec3(0.0);
#if SH_DEGREE >= 1
  float x = d.x, y = d.y, z = d.z;
  c += 0.4886025119029199 * (-y * sh(splat, 0) + z * sh(splat, 1) - x * sh(splat, 2));
#endif
#if SH_DEGREE >= 2
  float xx = x * x, yy = y * y, zz = z * z;
  c += 1.0925484305920792 * (x * y * sh(splat, 3) - y * z * sh(splat, 4) - x * z * sh(splat, 6))
     + 0.31539156525252005 * (2.0 * zz - xx - yy) * sh(splat, 5)
     + 0.5462742152960396 * (xx - yy) * sh(splat, 7);
#endif
#if SH_DEGREE >= 3
  c += -0.5900435899266435 * y * (3.0 * xx - yy) * sh(splat, 8)
     + 2.890611442640554 * x * y * z * sh(splat, 9)
     - 0.4570457994644658 * y * (4.0 * zz - xx - yy) * sh(splat, 10)
     + 0.3731763325901154 * z * (2.0 * zz - 3.0 * xx - 3.0 * yy) * sh(splat, 11)
     - 0.4570457994644658 * x * (4.0 * zz - xx - yy) * sh(splat, 12)
     + 1.445305721320277 * z * (xx - yy) * sh(splat, 13)
     - 0.5900435899266435 * x * (xx - 3.0 * yy) * sh(splat, 14);
#endif
  return c;
}
`;

// The look of `look.ts`; a layer below zero is not used.
const LOOK = /* glsl */ `
uniform sampler2DArray channels;    // attributes, one layer each
uniform usampler2D marks;           // bit 0: selected
uniform sampler2D colourMap;        // 256 x 1
uniform int colourLayer;
uniform vec2 colourRange;           // as logarithms if colourLog
uniform bool colourLog;
uniform float opacityScale;
uniform bool opaque, isotropic, showMarks, oneColour; // oneColour: the same from every side

vec3 attributeColour(ivec2 at) {
  float value = texelFetch(channels, ivec3(at, colourLayer), 0).r;
  if (value < -3.4001e38 || (colourLog && value <= 0.0)) return vec3(0.5);
  float t = ((colourLog ? log(value) : value) - colourRange.x) / (colourRange.y - colourRange.x);
  return texelFetch(colourMap, ivec2(${COLOUR_INDEX_GLSL}, 0), 0).rgb;
}
`;

export const VERTEX = /* glsl */ `
precision highp float;
precision highp int;
precision highp usampler2D;
precision highp sampler2D; // lowp by default: Mesa and phones would then read half floats
precision highp sampler2DArray;

in vec3 position; // corner of the quad in [-1, 1]², number of the quad in its instance

uniform mat4 viewMatrix, projectionMatrix;
uniform vec3 cameraPosition; // in the data's frame: the splats have no transform of their own
uniform vec2 viewport;       // px
uniform float pixelRatio;    // px per CSS px
uniform int count;           // splats in the draw order
uniform int display;
uniform float splatScale;    // on every standard deviation
uniform float pointRadius;   // px

uniform usampler2D order;      // splat to draw at each place, back to front
uniform sampler2D centres;     // xyz, opacity
uniform sampler2D scales;      // standard deviations along the local axes
uniform sampler2D quaternions; // xyzw, local to world
uniform sampler2D colours;     // rgb at degree 0, in display values
uniform sampler2D harmonics;   // coefficients of degree 1 and up, SH_ROW splats a row
${LOOK}

flat out vec2 vCentre;  // px
flat out vec4 vInverse; // two rows that turn an offset in px into standard deviations
flat out vec4 vColour;  // rgb, opacity
flat out vec2 vDot;     // alpha and radius, px, of the dot of a mark

ivec2 texel(int splat) { return ivec2(splat & 2047, splat >> 11); }

#if SH_DEGREE >= 1
vec3 sh(int splat, int i) {
  return texelFetch(harmonics, ivec2((splat & 255) * SH_REST + i, splat >> 8), 0).rgb;
}
#endif
${SH_BASIS}

mat3 rotation(vec4 q) {
  float x = q.x, y = q.y, z = q.z, w = q.w;
  return mat3( // columns
    1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y + w * z), 2.0 * (x * z - w * y),
    2.0 * (x * y - w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z + w * x),
    2.0 * (x * z + w * y), 2.0 * (y * z - w * x), 1.0 - 2.0 * (x * x + y * y));
}

void main() {
  gl_Position = vec4(0.0, 0.0, 2.0, 1.0); // outside the picture, until the splat is known to be in it
  vCentre = vec2(0.0);
  vInverse = vec4(0.0);
  vColour = vec4(0.0);
  vDot = vec2(0.0);
  int place = gl_InstanceID * ${QUADS_PER_INSTANCE} + int(position.z);
  if (place >= count) return;
  int splat = int(texelFetch(order, texel(place), 0).r);
  ivec2 at = texel(splat);

  vec4 centre = texelFetch(centres, at, 0);
  float opacity = min(1.0, (opaque ? 1.0 : centre.w) * opacityScale);
  bool marked = showMarks && (texelFetch(marks, at, 0).r & 1u) != 0u;
  vec3 v = (viewMatrix * vec4(centre.xyz, 1.0)).xyz;
  if (v.z > -${NEAR_PLANE} || (opacity < ${MIN_ALPHA} && !marked)) return;
  if (marked && display == ${DISPLAY.splats})
    vDot = vec2(${MAX_ALPHA} * (1.0 - smoothstep(${MARK_FADE.join(", ")}, opacity)), ${MARK_RADIUS_PX} * pixelRatio);
  vec4 clip = projectionMatrix * vec4(v, 1.0);

  vec2 axis1, axis2; // px
  float reach;       // half the side of the quad, in standard deviations
  if (display == ${DISPLAY.points}) {
    axis1 = vec2(pointRadius, 0.0);
    axis2 = vec2(0.0, pointRadius);
    reach = 1.0;
  } else {
    vec2 focal = 0.5 * viewport * vec2(projectionMatrix[0][0], projectionMatrix[1][1]);
    // The picture's edges lie at tangents of (±1 + offset) / scale; the principal point may be off its middle.
    vec2 scale = vec2(projectionMatrix[0][0], projectionMatrix[1][1]);
    vec2 offset = projectionMatrix[2].xy;
    const float outside = ${1 + FIELD_OF_VIEW_MARGIN};
    vec2 slope = clamp(v.xy / -v.z, (offset - outside) / scale, (offset + outside) / scale);
    vec3 size = texelFetch(scales, at, 0).xyz;
    if (isotropic) size = vec3(pow(size.x * size.y * size.z, 1.0 / 3.0));
    size *= splatScale;
    mat3 axes = mat3(viewMatrix) * rotation(texelFetch(quaternions, at, 0));
    axes = mat3(axes[0] * size.x, axes[1] * size.y, axes[2] * size.z);
    // Rows of J * axes, with x_px = focal.x * x / -z and y_px = focal.y * y / -z.
    vec2 f = focal / -v.z;
    vec3 row1 = f.x * (vec3(axes[0].x, axes[1].x, axes[2].x)
                       + slope.x * vec3(axes[0].z, axes[1].z, axes[2].z));
    vec3 row2 = f.y * (vec3(axes[0].y, axes[1].y, axes[2].y)
                       + slope.y * vec3(axes[0].z, axes[1].z, axes[2].z));
    const float low = ${LOW_PASS_PX2};
    float a = dot(row1, row1) + low;
    float b = dot(row1, row2);
    float d = dot(row2, row2) + low;

    float radius = sqrt(max(0.0, 0.25 * (a - d) * (a - d) + b * b));
    float l1 = 0.5 * (a + d) + radius;
    // As the Gram determinant: a * d - b * b would lose every digit for a thin splat.
    vec3 gram = cross(row1, row2);
    float l2 = (dot(gram, gram) + low * (a + d) - low * low) / l1;
    vec2 e1 = a >= d ? vec2(l1 - d, b) : vec2(b, l1 - a);
    float norm = length(e1);
    e1 = norm > 0.0 ? e1 / norm : vec2(1.0, 0.0);
    axis1 = e1 * sqrt(l1);
    axis2 = vec2(-e1.y, e1.x) * sqrt(l2);
    reach = display == ${DISPLAY.ellipsoids} ? 1.0 : sqrt(2.0 * log(max(1.0, ${(1 / MIN_ALPHA).toFixed(1)} * opacity)));
  }

  // Half sides of the quad, a little longer than the splat: the fragments decide where it ends.
  vec2 sigmas = vec2(length(axis1), length(axis2));
  float least = vDot.x > 0.0 ? vDot.y : 0.0;
  vec2 sides = max(reach * sigmas, least) + ${CORNER_MARGIN_PX};
  vec2 side1 = axis1 * (sides.x / sigmas.x);
  vec2 side2 = axis2 * (sides.y / sigmas.y);
  vec2 half_ = (abs(side1) + abs(side2)) * 2.0 / viewport;
  vec2 ndc = clip.xy / clip.w;
  if (any(greaterThan(abs(ndc) - half_, vec2(1.0)))) return; // wholly outside the picture

  vec3 rgb;
  if (colourLayer >= 0) {
    rgb = attributeColour(at);
  } else {
    rgb = texelFetch(colours, at, 0).rgb;
#if SH_DEGREE >= 1
    if (!oneColour) rgb += viewDependentColour(splat, normalize(centre.xyz - cameraPosition));
#endif
  }
  if (marked) rgb = mix(rgb, vec3(${MARK_COLOUR.join(", ")}), 0.7);
  vColour = vec4(max(rgb, vec3(0.0)), opacity);
  vCentre = 0.5 * (ndc + 1.0) * viewport;
  vInverse = vec4(axis1 / dot(axis1, axis1), axis2 / dot(axis2, axis2));
  ndc += (position.x * side1 + position.y * side2) * 2.0 / viewport;
  gl_Position = vec4(ndc, 0.0, 1.0);
}
`;

export const FRAGMENT = /* glsl */ `
precision highp float;
precision highp int;

uniform int display;
flat in vec2 vCentre;
flat in vec4 vInverse;
flat in vec4 vColour;
flat in vec2 vDot;
out vec4 colour; // premultiplied by alpha

void main() {
  // Some GPUs round the quad's corners to sixteenths of a pixel, so this does not interpolate over it
  // but uses the pixel's own coordinates.
  vec2 px = gl_FragCoord.xy - vCentre;
  vec2 offset = vec2(dot(vInverse.xy, px), dot(vInverse.zw, px));
  float r2 = dot(offset, offset);
  if (display == ${DISPLAY.splats}) {
    float alpha = min(${MAX_ALPHA}, vColour.a * exp(-0.5 * r2));
    alpha = max(alpha, vDot.x * clamp(vDot.y + 0.5 - length(px), 0.0, 1.0));
    if (alpha < ${MIN_ALPHA}) discard;
    colour = vec4(vColour.rgb * alpha, alpha);
  } else {
    if (r2 > 1.0) discard;
    // The one-sigma ellipse, shaded like a ball so that neighbours differ.
    float light = display == ${DISPLAY.ellipsoids} ? 0.45 + 0.55 * sqrt(1.0 - r2) : 1.0;
    colour = vec4(vColour.rgb * light, 1.0);
  }
}
`;
