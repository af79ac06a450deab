import assert from "node:assert/strict";
import { test } from "node:test";
import { Photos } from "../../src/inspector/photos";
import { inspected, sceneOf } from "../builders";

let closed = 0;
Object.assign(globalThis, {
  createImageBitmap: async (blob: Blob) => ({ size: blob.size, close: () => closed++ }),
});
const photo = (size: number) => new DataView(new ArrayBuffer(size));
const answer = { view: "a", kind: "photos" as const, request: "one", photos: [], problem: "" };

function photos() {
  const { inspection, notices, changes, requests, emitted } = inspected();
  const asked: string[] = [];
  const made = new Photos(inspection, notices, changes, requests, (scene) => asked.push(scene));
  return { photos: made, asked, inspection, notices, requests, emitted };
}

test("photos are asked for once a scene, however many there are", async () => {
  const { photos: made, asked, emitted } = photos();
  made.request();
  made.request();
  assert.deepEqual(asked, ["one"]);
  await made.receive(answer, [photo(1), photo(2), photo(3)]);
  assert.deepEqual(
    made.pictures.map((picture) => (picture as unknown as { size: number }).size),
    [1, 2, 3],
  );
  assert.deepEqual(emitted, ["photos"]);
  made.request();
  assert.equal(asked.length, 1);
  made.clear();
  assert.deepEqual([made.pictures.length, closed], [0, 3]);
});

test("photos of a scene that was replaced while they were decoded are closed", async () => {
  const { photos: made, inspection } = photos();
  closed = 0;
  const done = made.receive(answer, [photo(1)]);
  inspection.attach(sceneOf("two", 4));
  await done;
  assert.deepEqual([made.pictures.length, closed], [0, 1]);
});

test("a problem is said", async () => {
  const { photos: made, notices } = photos();
  await made.receive({ ...answer, problem: "the files are gone" }, []);
  assert.equal(notices.current.text, "the files are gone");
});
