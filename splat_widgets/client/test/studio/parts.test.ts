import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import type { AnyModel } from "@anywidget/types";
import { type Entries, Parts } from "../../src/studio/parts";

const el = {} as HTMLElement;
const asModel = (value: object) => value as unknown as AnyModel;
let log: string[];

const entries: Entries = {
  strip: () => ({
    initialize: () => {
      log.push("initialize");
      return () => log.push("release");
    },
    render: () => {
      log.push("render");
      return () => log.push("gone");
    },
  }),
};

/** A host whose widget manager knows one strip, by the id `a1`. */
function host(entry = "strip"): AnyModel {
  const child = asModel({ get: (key: string) => (key === "_entry" ? entry : undefined) });
  return asModel({
    widget_manager: {
      get_model: async (id: string) => {
        if (id !== "a1") throw new Error("no such model");
        return child;
      },
    },
  });
}

beforeEach(() => {
  log = [];
});

describe("the parts of the studio", () => {
  test("a widget is initialised once and drawn once per view", async () => {
    const parts = new Parts(host(), entries);
    const [first] = await Promise.all([
      parts.render("IPY_MODEL_a1", el),
      parts.render("IPY_MODEL_a1", el),
    ]);
    assert.deepEqual(log, ["initialize", "render", "render"]);
    first();
    parts.dispose();
    assert.deepEqual(log.slice(3), ["gone", "release"]);
  });

  test("a host without models of others is told in a sentence", async () => {
    for (const owner of [{}, { widget_manager: {} }]) {
      const parts = new Parts(asModel(owner), entries);
      await assert.rejects(parts.render("IPY_MODEL_a1", el), /one by one: studio\.panel/);
    }
  });

  test("a widget that is not there, or that nobody can draw, is told in a sentence", async () => {
    await assert.rejects(new Parts(host(), entries).render("IPY_MODEL_b2", el), /Run the cell/);
    await assert.rejects(new Parts(host("x"), entries).render("IPY_MODEL_a1", el), /Run the cell/);
    assert.deepEqual(log, []);
  });
});
