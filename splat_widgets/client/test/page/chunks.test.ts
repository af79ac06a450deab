import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { Channel } from "../../src/page/channel";
import { ChunkReceiver, ChunkSender, Patience } from "../../src/page/chunks";
import type { Chunk, ChunksArrived, ChunksQuestion, ChunksState } from "../../src/page/state.gen";
import { random } from "../random";

type ToKernel = Chunk | ChunksArrived | ChunksQuestion;
type Sent = { message: ToKernel; buffers: ArrayBuffer[] };

const LONG_MS = 31_000; // longer than any wait
const CHUNK = 100;
const data = (size: number) => Uint8Array.from({ length: size }, (_, i) => (i * 31 + 7) % 251);
const settle = () => new Promise((go) => setImmediate(go));

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

describe("down", () => {
  /** A kernel that keeps two chunks on the way, over a line that loses messages. */
  function run(count: number, loss: number, seed: number) {
    const next = random(seed);
    const bytes = data(count * CHUNK);
    const taken = new Uint8Array(bytes.length);
    const toPage: (Chunk | ChunksState)[] = [];
    const toKernel: ToKernel[] = [];
    let takes = 0;
    let cursor = 0;
    let arrived = 0;
    const advance = () => {
      for (; cursor < Math.min(arrived + 2, count); cursor++)
        toPage.push({ kind: "chunk", transfer: "t", number: cursor });
    };
    const receiver = new ChunkReceiver("t", count, {
      send: (message) => toKernel.push(message),
      take: (number, view) => {
        takes++;
        taken.set(new Uint8Array(view.buffer, view.byteOffset, CHUNK), number * CHUNK);
      },
      unknown: () => assert.fail("the kernel knows the transfer"),
    });
    const patience = new Patience({ ask: () => receiver.ask(), changed: () => {} });
    advance();
    patience.expect();
    for (let round = 0; round < 1000 && !receiver.isWhole; round++) {
      for (const message of toPage.splice(0)) {
        if (next() < loss) continue;
        patience.expect();
        const start = message.kind === "chunk" ? message.number * CHUNK : 0;
        receiver.receive(message, [new DataView(bytes.buffer, start, CHUNK)]);
      }
      for (const message of toKernel.splice(0)) {
        if (next() < loss) continue;
        if (message.kind === "chunks_question")
          toPage.push({
            kind: "chunks_state",
            transfer: "t",
            next: arrived,
            question: message.question,
          });
        if (message.kind !== "chunks_arrived") continue;
        arrived = Math.max(arrived, message.next);
        if (message.resend) cursor = arrived;
        advance();
      }
      if (!toPage.length) mock.timers.tick(LONG_MS);
    }
    patience.stop();
    assert.deepEqual(taken, bytes);
    assert.equal(takes, count, "each chunk is taken once");
  }

  for (let seed = 0; seed < 20; seed++)
    test(`everything arrives over a line that loses messages (${seed})`, () =>
      run(1 + (seed % 7), 0.4, seed));

  test("chunks are taken in order, however they come", () => {
    const taken: number[] = [];
    const receiver = new ChunkReceiver("t", 4, {
      send: () => {},
      take: (number, view) => taken.push(10 * number + view.getUint8(0)),
      unknown: () => {},
    });
    for (const number of [3, 0, 0, 2, 3, 1, 1]) {
      const view = new DataView(Uint8Array.of(number).buffer);
      receiver.receive({ kind: "chunk", transfer: "t", number }, [view]);
      assert.equal(receiver.isWhole, taken.length === 4);
    }
    assert.deepEqual(taken, [0, 11, 22, 33]);
  });

  test("only the answer to the latest question makes the kernel send again", () => {
    const sent: ToKernel[] = [];
    const receiver = new ChunkReceiver("t", 3, {
      send: (message) => sent.push(message),
      take: () => {},
      unknown: () => {},
    });
    receiver.ask();
    receiver.ask();
    receiver.receive({ kind: "chunks_state", transfer: "t", next: 0, question: 1 }, []);
    assert.deepEqual(
      sent.map(({ kind }) => kind),
      ["chunks_question", "chunks_question"],
    );
    receiver.receive({ kind: "chunks_state", transfer: "t", next: 0, question: 2 }, []);
    assert.deepEqual(sent[2], { kind: "chunks_arrived", transfer: "t", next: 0, resend: true });
  });
});

describe("up", () => {
  async function run(size: number, loss: number, seed: number) {
    const next = random(seed);
    const bytes = data(size);
    const count = Math.ceil(size / CHUNK);
    const received = new Uint8Array(size);
    const has = new Set<number>();
    const line: Sent[] = [];
    let largest = 0;
    const sender = new ChunkSender("t", size, CHUNK, {
      window: 3,
      send: (message, buffers = []) => line.push({ message, buffers }),
      read: async (start, end) => bytes.slice(start, end).buffer as ArrayBuffer,
      failed: () => assert.fail("the bytes can be read"),
    });
    const patience = new Patience({ ask: () => sender.ask(), changed: () => {} });
    sender.start();
    patience.expect();
    for (let round = 0; round < 1000 && !sender.isWhole; round++) {
      await settle();
      if (!line.length) mock.timers.tick(LONG_MS);
      assert.ok(line.length <= 4, "a window of chunks and a question at most");
      for (const { message, buffers } of line.splice(0)) {
        if (next() < loss) continue;
        if (message.kind === "chunk") {
          received.set(new Uint8Array(buffers[0]), message.number * CHUNK);
          has.add(message.number);
          largest = Math.max(largest, buffers[0].byteLength);
        }
        let first = 0;
        while (has.has(first)) first++;
        if (next() < loss) continue;
        const question = message.kind === "chunks_question" ? message.question : 0;
        patience.expect();
        sender.receive({ kind: "chunks_state", transfer: "t", next: first, question });
      }
    }
    patience.stop();
    assert.equal(has.size, count);
    assert.deepEqual(received, bytes);
    assert.ok(largest <= CHUNK, "no message is larger than a chunk");
    assert.equal(sender.arrived, size);
  }

  for (let seed = 0; seed < 20; seed++)
    test(`everything arrives over a line that loses messages (${seed})`, () =>
      run(1 + 173 * (seed % 9), 0.3, seed));

  test("a file that shrinks cannot be read", async () => {
    let failed = false;
    const sender = new ChunkSender("t", 150, CHUNK, {
      send: () => {},
      read: async () => new ArrayBuffer(CHUNK),
      failed: () => {
        failed = true;
      },
    });
    sender.start();
    await settle();
    assert.ok(failed);
  });
});

test("patience asks ever more rarely, waits for ever, and stops waiting at an answer", () => {
  const asked: number[] = [];
  const said: boolean[] = [];
  let now = 0;
  const patience = new Patience({
    ask: () => asked.push(now),
    changed: () => said.push(patience.waiting),
  });
  patience.expect();
  for (; now < 3600; now++) mock.timers.tick(1000); // an hour of a busy kernel
  assert.deepEqual(asked.slice(0, 5), [3, 11, 27, 57, 87]);
  assert.ok(asked.length > 100);
  patience.expect();
  assert.deepEqual(said, [true, false]);
  patience.stop();
  mock.timers.tick(LONG_MS);
  assert.deepEqual(said, [true, false]);
});

describe("channel", () => {
  function model(send: () => void) {
    let listener: (...values: unknown[]) => void = () => {};
    return {
      on: (_name: string, call: typeof listener) => {
        listener = call;
      },
      off: () => {},
      send,
      emit: (...values: unknown[]) => listener(...values),
    };
  }

  test("a kernel that is gone is noticed once and not talked to again", async () => {
    let tries = 0;
    let lost = 0;
    mock.method(console, "warn", () => {});
    const channel = new Channel<Chunk, Chunk>(
      model(() => {
        tries++;
        throw new Error("Cannot send");
      }) as never,
      () => lost++,
    );
    for (let i = 0; i < 3; i++) channel.send({ kind: "chunk", transfer: "t", number: i });
    await settle();
    channel.send({ kind: "chunk", transfer: "t", number: 3 });
    assert.deepEqual([tries, lost, channel.connected], [3, 1, false]);
    mock.restoreAll();
  });

  test("buffers are DataViews whatever the front end gives; unknown kinds are named", () => {
    const warn = mock.method(console, "warn", () => {});
    const fake = model(() => {});
    const channel = new Channel<Chunk, Chunk>(fake as never, () => {});
    const seen: DataView[] = [];
    channel.receive({ chunk: (_message, buffers) => seen.push(...buffers) });
    const part = Uint8Array.of(9, 1, 2, 9).subarray(1, 3);
    fake.emit({ kind: "chunk" }, [part]);
    fake.emit({ kind: "chunk" }, [new DataView(part.buffer, 1, 2)]);
    fake.emit({ kind: "constructor" }, []);
    assert.deepEqual(
      seen.map((view) => [view.byteLength, view.getUint8(0)]),
      [
        [2, 1],
        [2, 1],
      ],
    );
    assert.match(String(warn.mock.calls[0].arguments[0]), /"constructor"/);
    mock.restoreAll();
  });
});
