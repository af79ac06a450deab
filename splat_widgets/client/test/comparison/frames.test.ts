import assert from "node:assert/strict";
import { test } from "node:test";
import { frameOf, moved } from "../../src/comparison/frames";
import { LinkedViews } from "../../src/comparison/linkedViews";
import type { InspectorView } from "../../src/inspector/inspectorView";
import { sameState } from "../../src/page/frames";
import type { CameraState } from "../../src/page/state.gen";

// A quarter turn about z, twice as large, moved: x to y, y to -x.
const FRAME = [0, -2, 0, 1, 2, 0, 0, 2, 0, 0, 2, 3, 0, 0, 0, 1];
const SAME = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
const STATE: CameraState = { position: [1, 0, 0], target: [0, 1, 1], up: [0, -1, 0], fov_deg: 40 };

test("a state is carried by a similarity, and its up keeps its length", () => {
  const there = moved(STATE, frameOf(FRAME));
  assert.ok(
    sameState(there, { position: [1, 4, 3], target: [-1, 2, 5], up: [1, 0, 0], fov_deg: 40 }),
  );
  assert.ok(sameState(moved(there, frameOf(FRAME).invert()), STATE));
});

/** A view whose panel tells of every change, as the real one does. */
class View {
  state = STATE;
  told = 0;
  values = new Map<string, unknown>([["tool", "pick"]]);
  private readonly listeners = new Map<string, () => void>();
  readonly panel = {
    onCamera: (_: CameraState) => {},
    setCamera: (state: CameraState) => {
      if (sameState(state, this.state)) return;
      this.state = state;
      this.told++;
      this.panel.onCamera(state);
    },
  };
  readonly traits = {
    get: (key: string) => this.values.get(key),
    set: (key: string, value: unknown) => {
      this.values.set(key, value);
      this.listeners.get(key)?.();
    },
    listen: (key: string, changed: () => void) => {
      this.listeners.set(key, changed);
      return () => this.listeners.delete(key);
    },
  };
}

test("what one view does all do, each in its own frame and once", () => {
  const [first, second, third] = [new View(), new View(), new View()];
  const linked = new LinkedViews();
  [SAME, FRAME, SAME].forEach((frame, i) => {
    linked.add([first, second, third][i] as unknown as InspectorView, frame);
  });
  const turned: CameraState = { ...STATE, position: [3, 0, 0] };
  second.panel.setCamera(moved(turned, frameOf(FRAME)));
  assert.ok(sameState(first.state, turned) && sameState(third.state, turned));
  assert.deepEqual([first.told, second.told, third.told], [1, 1, 1]);
  third.traits.set("tool", "lasso");
  assert.deepEqual([first.values.get("tool"), second.values.get("tool")], ["lasso", "lasso"]);
  linked.dispose();
  first.panel.setCamera(STATE);
  assert.ok(sameState(third.state, turned), "not any more");
});
