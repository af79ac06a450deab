// What several tests build: scales, bytes of messages, the inspector's parts without a page.
import type { AnyModel } from "@anywidget/types";
import { Inspection } from "../src/engine/inspection";
import type { Scene } from "../src/engine/scene";
import { AttributeStore } from "../src/inspector/attributeStore";
import type { Changes } from "../src/inspector/changes";
import { Notices } from "../src/inspector/notices";
import type { Scale } from "../src/inspector/plots/scale";
import { Traits } from "../src/inspector/traits";
import { Emitter } from "../src/page/emitter";
import type { InspectorState } from "../src/page/state.gen";
import type { Saver } from "../src/page/sync";

export const UNIT: Scale = { low: 0, high: 1, log: false };
export const LINEAR: Scale = { low: -2, high: 6, log: false };
export const DECADES: Scale = { low: 1e-3, high: 1e2, log: true };

/** Sends each request once, and knows which have no answer. */
export function requestsOf() {
  const unanswered = new Set<string>();
  return {
    open: (key: string, send: () => void) => {
      unanswered.add(key);
      send();
    },
    close: (key: string) => void unanswered.delete(key),
    has: (key: string) => unanswered.has(key),
    unanswered,
  };
}

export const floats = (...values: number[]) => new DataView(Float32Array.from(values).buffer);

const STATE = {
  catalogue: [],
  color_by: "",
  color_range: [],
  color_log: false,
  colormap: "",
  filters: {},
  shown_photos: [],
  overrides: [],
  opacity_scale: 1,
  splat_scale: 1,
  isolate: false,
  select_mode: "replace",
  select_through: true,
  scatter_log: [false, false],
  scene_info: { floaters: "stretch" },
  message: { level: "info", text: "" },
} as unknown as InspectorState;

/** Traits without a kernel, and who listens to them; setting one calls its listeners at once. */
export function traitsOf(state: Partial<InspectorState> = {}) {
  const values = { ...STATE, ...state };
  const listeners = new Map<string, (() => void)[]>();
  const model = {
    get: (key: keyof InspectorState) => values[key],
    on: (event: string, listener: () => void) =>
      listeners.set(event, [...(listeners.get(event) ?? []), listener]),
    off: (event: string, listener: () => void) =>
      listeners.set(
        event,
        (listeners.get(event) ?? []).filter((one) => one !== listener),
      ),
  } as unknown as AnyModel<InspectorState>;
  const saver = {
    set: (key: string, value: unknown) => {
      Object.assign(values, { [key]: value });
      for (const listener of listeners.get(`change:${key}`) ?? []) listener();
    },
    flush: () => {},
  } as unknown as Saver<InspectorState>;
  const numListeners = () => [...listeners.values()].flat().length;
  return { traits: new Traits(model, saver), numListeners };
}

/** A scene of splats on the z axis, in front of nothing: no GPU, no camera. */
export function sceneOf(id: string, count: number): Scene {
  const centres = Float32Array.from({ length: 4 * count }, (_, i) => (i % 4 === 2 ? i >> 2 : 0));
  return {
    header: { scene: id, count, bounds: { center: [0, 0, 0], radius: 1 } },
    mesh: { values: { centres } },
    received: count,
    viewpoint: () => ({ pixelRatio: 1 }),
    overlay: () => () => {},
    setChannel() {},
    change() {},
    requestDraw() {},
  } as unknown as Scene;
}

/** What the inspector's parts build on, with a scene of four splats. */
export function inspected(state: Partial<InspectorState> = {}) {
  const { traits } = traitsOf(state);
  const inspection = new Inspection();
  inspection.attach(sceneOf("one", 4));
  const sent: { message: Record<string, unknown>; buffers: ArrayBuffer[] }[] = [];
  const send = (message: object, buffers: ArrayBuffer[] = []) =>
    sent.push({ message: message as Record<string, unknown>, buffers });
  const notices = new Notices(traits);
  const changes: Changes = new Emitter();
  const emitted: string[] = [];
  for (const name of ["selection", "shown", "hover", "picked", "photos", "volume"] as const)
    changes.on(name, () => emitted.push(name));
  const attributes = new AttributeStore(inspection, {
    ask: (request, name) => send({ kind: "attribute", request, name }),
    settled: () => {},
    changed: () => {},
    failed: (error) => notices.fail(error),
  });
  const requests = requestsOf();
  return { traits, inspection, attributes, notices, changes, requests, emitted, sent, send };
}

/** Answers the last request for an attribute, with values or a problem. */
export function answerAttribute(
  { attributes, sent }: ReturnType<typeof inspected>,
  values: number[],
  problem = "",
): void {
  const { request, name } = sent[sent.length - 1].message as { request: string; name: string };
  const { length } = values;
  attributes.receive(
    {
      kind: "attribute",
      view: "a",
      request,
      name,
      first: 0,
      count: length,
      total: length,
      limits: [0, 10],
      limits_log: [1, 10],
      pending: false,
      problem,
    },
    [floats(...values)],
  );
}
