import assert from "node:assert/strict";
import { test } from "node:test";
import { downloads, kernelGone } from "../../src/page/host";

function alone(): Window {
  const top: { parent?: unknown } = {};
  top.parent = top;
  return top as unknown as Window;
}

/** A window in a frame with these rights; "" is a sandbox without any, null is no sandbox. */
function framed(sandbox: string | null, parent?: Window, origin = "https://a.test"): Window {
  const top = parent ?? alone();
  const frameElement = { getAttribute: () => sandbox };
  return { parent: top, frameElement, origin } as unknown as Window;
}

test("a page of its own and a frame with the right may store files", () => {
  assert.equal(downloads(alone()), "allowed");
  assert.equal(downloads(framed(null)), "allowed");
  assert.equal(downloads(framed("allow-scripts allow-downloads")), "allowed");
});

test("a frame without it may not, nor one inside such a frame", () => {
  assert.equal(downloads(framed("allow-scripts allow-same-origin")), "blocked");
  assert.equal(downloads(framed(null, framed(""))), "blocked");
});

test("a frame of another site is trusted, one without an origin is not", () => {
  const stranger = (origin: string) => {
    const view = framed(null, undefined, origin);
    return { ...view, frameElement: null } as unknown as Window;
  };
  assert.equal(downloads(stranger("https://b.test")), "allowed");
  assert.equal(downloads(stranger("null")), "unknown");
});

test("what to do without a kernel fits the host", () => {
  const page = (dataset: DOMStringMap) => kernelGone({ body: { dataset } });
  assert.match(page({}), /Run the cell again/);
  assert.match(page({ voila: "voila" }), /Reload the page/);
  const app = page({ voila: "voila", app: "splat-widgets" });
  assert.match(app, /session has ended.*Reload/);
  assert.doesNotMatch(app, /kernel|cell|notebook/);
});
