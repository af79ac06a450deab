import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import type { ChunksState, FileDone, FileFailed, FileReady } from "../../src/page/state.gen";
import { photoFormat, refusal, whatItIs } from "../../src/upload/check";
import { fitInside, roundHalfEven, squareCrop } from "../../src/upload/crop";
import { type FileToKernel, Sender, type Source } from "../../src/upload/sender";
import heads from "./heads.json";

const CHUNK = 1000;

function fakeFile(size: number, seed = 1): Source & { bytes: Uint8Array } {
  const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 31 + seed * 17) % 251);
  const slice = (start: number, end: number) => ({
    arrayBuffer: async () => bytes.slice(start, end).buffer as ArrayBuffer,
  });
  return { name: `file-${seed}.jpg`, size, slice, bytes };
}

type FileToPage = FileReady | FileDone | FileFailed | ChunksState;

/** The kernel's half, in the order the messages come; `hold` keeps its answers back. */
class FakeKernel {
  sent: FileToKernel[] = [];
  files = new Map<string, Uint8Array>();
  arrived = new Map<string, Set<number>>();
  hold = false;
  queue: FileToPage[] = [];
  done: string[] = [];
  sender: Sender;

  constructor(window = 4) {
    this.sender = new Sender({
      window,
      send: (message, buffers = []) => this.take(message, buffers[0]),
      changed: () => {},
      done: (id) => this.done.push(id),
    });
  }

  private take(message: FileToKernel, buffer?: ArrayBuffer) {
    this.sent.push(message);
    if (message.kind === "file_begin") {
      const { id, size } = message;
      this.files.set(id, new Uint8Array(size));
      this.arrived.set(id, new Set());
      this.answer({ kind: "file_ready", id, chunk_bytes: CHUNK });
    } else if (message.kind === "chunk") {
      const file = this.files.get(message.transfer) as Uint8Array;
      file.set(new Uint8Array(buffer as ArrayBuffer), message.number * CHUNK);
      this.arrived.get(message.transfer)?.add(message.number);
      this.tell(message.transfer, 0);
      if (this.next(message.transfer) * CHUNK >= file.length)
        this.answer({ kind: "file_done", id: message.transfer });
    } else if (message.kind === "chunks_question") this.tell(message.transfer, message.question);
  }

  private next(id: string): number {
    const known = this.arrived.get(id);
    let next = known ? 0 : -1;
    while (known?.has(next)) next++;
    return next;
  }

  private tell(transfer: string, question: number) {
    this.answer({ kind: "chunks_state", transfer, next: this.next(transfer), question });
  }

  answer(message: FileToPage) {
    this.queue.push(message);
    setImmediate(() => !this.hold && this.flush(1));
  }

  flush(count = Number.POSITIVE_INFINITY) {
    for (const message of this.queue.splice(0, count)) this.receive(message);
  }

  receive(message: FileToPage) {
    (this.sender.handlers[message.kind] as (message: FileToPage) => void)(message);
  }

  kinds(kind: FileToKernel["kind"]) {
    return this.sent.filter((message) => message.kind === kind);
  }

  async until(condition: () => boolean) {
    for (let i = 0; i < 2000 && !condition(); i++) await new Promise((go) => setImmediate(go));
    assert.ok(condition(), "the state was not reached");
  }
}

describe("crop", () => {
  test("halves are rounded to even, as Python rounds", () => {
    assert.deepEqual([0.5, 1.5, 2.5, 2.4, 2.6].map(roundHalfEven), [0, 2, 2, 2, 3]);
  });

  // (width, height, size after resize, box) of the released model's loader at 512.
  const cases: [number, number, [number, number], [number, number, number, number]][] = [
    [1023, 767, [683, 512], [85, 0, 597, 512]],
    [600, 900, [512, 768], [0, 128, 512, 640]],
    [512, 512, [512, 512], [0, 0, 512, 512]],
    [2000, 300, [3413, 512], [1450, 0, 1962, 512]],
  ];
  for (const [width, height, [w, h], [left, top, right, bottom]] of cases) {
    test(`${width} x ${height}`, () => {
      const expected = [left / w, top / h, right / w, bottom / h];
      assert.deepEqual([...squareCrop(width, height, 512)], expected);
    });
  }

  test("a preview keeps the shape and is never enlarged", () => {
    assert.deepEqual(fitInside(4000, 3000, 400), [400, 300]);
    assert.deepEqual(fitInside(30, 20, 400), [30, 20]);
  });
});

describe("check", () => {
  const bytes = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
  const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16);
  const limits = { maxBytes: 1000, room: 1 };

  test("a file is what the kernel says it is", () => {
    assert.ok(heads.length > 80);
    for (const [head, answer] of heads) {
      const found = photoFormat(bytes(head)) ?? whatItIs(bytes(head));
      assert.equal(found, answer, JSON.stringify(head));
      const given = refusal(1 + head.length, bytes(head), limits);
      assert.equal(given, photoFormat(bytes(head)) ? undefined : answer);
    }
  });

  test("reasons", () => {
    assert.equal(refusal(900, jpeg, limits), undefined);
    assert.equal(refusal(0, jpeg, limits), "is empty");
    assert.match(refusal(1100, jpeg, limits) ?? "", /has 1\.1 kB, more than the limit of 1 kB/);
    assert.match(refusal(9, bytes("hello"), limits) ?? "", /expected a JPEG/);
    assert.match(refusal(9, jpeg, { ...limits, room: 0 }) ?? "", /full/);
  });
});

describe("sender", () => {
  test("files arrive whole, in order, within the window", async () => {
    const kernel = new FakeKernel(4);
    const files = [fakeFile(25_400, 1), fakeFile(1, 2), fakeFile(CHUNK * 3, 3)];
    files.forEach((file, i) => {
      kernel.sender.add(`id${i}`, file);
    });
    await kernel.until(() => kernel.done.length === 3);
    files.forEach((file, i) => {
      assert.deepEqual(kernel.files.get(`id${i}`), file.bytes);
    });
    assert.deepEqual(kernel.done, ["id0", "id1", "id2"]);
    assert.equal(kernel.sender.transfers.length, 0);
  });

  test("no more than a window of chunks leaves without an answer", async () => {
    const kernel = new FakeKernel(5);
    kernel.sender.add("a", fakeFile(50_000));
    kernel.flush();
    kernel.hold = true;
    await kernel.until(() => kernel.kinds("chunk").length >= 5);
    for (let i = 0; i < 50; i++) await new Promise((go) => setImmediate(go));
    assert.equal(kernel.kinds("chunk").length, 5);
    kernel.sender.dispose();
  });

  test("a silent kernel is asked again and never given up", async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      const kernel = new FakeKernel(3);
      const file = fakeFile(2_500);
      kernel.hold = true;
      kernel.sender.add("a", file);
      mock.timers.tick(4_000);
      assert.equal(kernel.kinds("file_begin").length, 2);
      assert.equal(kernel.sender.transfers[0].stalled, true);
      kernel.flush();
      await kernel.until(() => kernel.kinds("chunk").length === 3);
      kernel.queue = []; // the acknowledgements are lost
      for (let i = 0; i < 120; i++) mock.timers.tick(30_000); // an hour
      const [transfer] = kernel.sender.transfers;
      assert.deepEqual([transfer.state, transfer.stalled], ["sending", true]);
      kernel.hold = false;
      kernel.flush();
      await kernel.until(() => kernel.sender.transfers[0].state === "checking");
      kernel.receive({ kind: "file_done", id: "a" });
      assert.deepEqual(kernel.done, ["a"]);
      assert.deepEqual(kernel.files.get("a"), file.bytes);
    } finally {
      mock.timers.reset();
    }
  });

  test("what the kernel does not know can be tried again under another id", async () => {
    const kernel = new FakeKernel();
    const file = fakeFile(2_500);
    kernel.hold = true;
    kernel.sender.add("a", file);
    kernel.flush();
    kernel.receive({ kind: "chunks_state", transfer: "a", next: -1, question: 0 });
    const [failed] = kernel.sender.transfers;
    assert.deepEqual([failed.state, failed.retryable], ["failed", true]);
    kernel.hold = false;
    kernel.sender.retry("a", "b");
    await kernel.until(() => kernel.done.includes("b"));
    assert.deepEqual(kernel.files.get("b"), file.bytes);
  });

  test("cancelling tells the kernel, and the next file goes on", async () => {
    const kernel = new FakeKernel(2);
    kernel.sender.add("a", fakeFile(10_000));
    kernel.sender.add("b", fakeFile(1_500, 2));
    await kernel.until(() => kernel.kinds("chunk").length >= 2);
    kernel.sender.cancel("a");
    await kernel.until(() => kernel.done.includes("b"));
    assert.equal(kernel.kinds("file_cancel").length, 1);
    assert.ok(!kernel.done.includes("a"));
  });

  test("a refusal by the kernel shows its reason", async () => {
    const kernel = new FakeKernel();
    kernel.sender.add("a", fakeFile(10));
    kernel.receive({ kind: "file_failed", id: "a", reason: "is empty", retryable: false });
    const [failed] = kernel.sender.transfers;
    assert.deepEqual(
      [failed.state, failed.reason, failed.retryable],
      ["failed", "is empty", false],
    );
    kernel.sender.cancel("a");
    assert.equal(kernel.sender.transfers.length, 0);
  });

  test("a lost connection fails what is on the way", async () => {
    const kernel = new FakeKernel();
    kernel.hold = true;
    kernel.sender.add("a", fakeFile(10));
    kernel.sender.add("b", fakeFile(10));
    kernel.sender.disconnect("gone");
    assert.deepEqual(
      kernel.sender.transfers.map((one) => [one.state, one.retryable]),
      [
        ["failed", true],
        ["failed", true],
      ],
    );
    kernel.sender.dispose();
  });

  test("a file that cannot be read fails alone", async () => {
    const kernel = new FakeKernel();
    const broken: Source = {
      name: "gone.jpg",
      size: 10,
      slice: () => ({ arrayBuffer: () => Promise.reject(new Error("NotReadableError")) }),
    };
    kernel.sender.add("a", broken);
    kernel.sender.add("b", fakeFile(10));
    await kernel.until(() => kernel.done.includes("b"));
    assert.match(kernel.sender.transfers[0].reason, /cannot be read/);
  });
});
