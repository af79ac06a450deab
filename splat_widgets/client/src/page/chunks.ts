// Transfers in acknowledged chunks, both ways; `splat_widgets/page/chunks.py` describes them and is
// the other half. The page holds the timers: a kernel hears nothing while a cell runs.
import type { Chunk, ChunksArrived, ChunksQuestion, ChunksState } from "./state.gen";

const FIRST_WAIT_MS = 4_000;
const LONGEST_WAIT_MS = 30_000;
const WINDOW = 6; // chunks on their way up

/** Asks the kernel again when it is silent, ever more rarely, and knows that the page waits. */
export class Patience {
  waiting = false;
  private wait = FIRST_WAIT_MS;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private notice: ReturnType<typeof setTimeout> | undefined;

  /** @param options `noticeMs`: silence that counts as waiting; by default that before a question. */
  constructor(
    private readonly options: { ask: () => void; changed: () => void; noticeMs?: number },
  ) {}

  /** The page wants an answer: it has just sent something, or was answered and expects more. */
  expect(): void {
    this.wait = FIRST_WAIT_MS;
    this.restart();
    this.setWaiting(false);
    clearTimeout(this.notice);
    const { noticeMs } = this.options;
    if (noticeMs) this.notice = setTimeout(() => this.setWaiting(true), noticeMs);
  }

  /** Nothing more is to come. */
  stop(): void {
    clearTimeout(this.timer);
    clearTimeout(this.notice);
    this.timer = undefined;
    this.setWaiting(false);
  }

  private restart(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.wait = Math.min(2 * this.wait, LONGEST_WAIT_MS);
      this.restart();
      this.options.ask();
      this.setWaiting(true);
    }, this.wait);
  }

  private setWaiting(waiting: boolean): void {
    if (this.waiting === waiting) return;
    this.waiting = waiting;
    this.options.changed();
  }
}

export type ReceiverOptions = {
  send: (message: ChunksArrived | ChunksQuestion) => void;
  /** Takes each chunk once, in order. */
  take: (number: number, data: DataView) => void;
  /** The kernel does not know the transfer. */
  unknown: () => void;
};

/** Takes chunks from the kernel. */
export class ChunkReceiver {
  private readonly early = new Map<number, DataView>(); // came before a chunk that was lost
  private next = 0; // first missing chunk
  private question = 0;

  constructor(
    readonly transfer: string,
    private readonly count: number,
    private readonly options: ReceiverOptions,
  ) {}

  get isWhole(): boolean {
    return this.next === this.count;
  }

  ask(): void {
    const question = ++this.question;
    this.options.send({ kind: "chunks_question", transfer: this.transfer, question });
  }

  receive(message: Chunk | ChunksState, buffers: DataView[]): void {
    if (message.kind === "chunk") this.take(message.number, buffers[0]);
    else if (message.next < 0) this.options.unknown();
    else if (message.question === this.question) this.acknowledge(true);
  }

  private take(number: number, data: DataView): void {
    if (number >= this.next) this.early.set(number, data);
    for (let found = this.early.get(this.next); found; found = this.early.get(this.next)) {
      this.early.delete(this.next);
      this.options.take(this.next++, found);
    }
    this.acknowledge(false);
  }

  private acknowledge(resend: boolean): void {
    const { transfer, next } = this;
    this.options.send({ kind: "chunks_arrived", transfer, next, resend });
  }
}

export type SenderOptions = {
  send: (message: Chunk | ChunksQuestion, buffers?: ArrayBuffer[]) => void;
  /** Bytes from `start` to `end`. */
  read: (start: number, end: number) => Promise<ArrayBuffer>;
  /** The bytes cannot be read. */
  failed: () => void;
  /** Chunks on the way at most. */
  window?: number;
};

/** Sends chunks to the kernel. */
export class ChunkSender {
  private next = 0; // first chunk that the kernel may not have
  private cursor = 0; // chunk to be sent
  private question = 0;
  private reading = false;
  private disposed = false;

  constructor(
    readonly transfer: string,
    private readonly size: number,
    private readonly chunkBytes: number,
    private readonly options: SenderOptions,
  ) {}

  private get count(): number {
    return Math.ceil(this.size / this.chunkBytes);
  }

  get isWhole(): boolean {
    return this.next === this.count;
  }

  /** Bytes that the kernel has. */
  get arrived(): number {
    return Math.min(this.next * this.chunkBytes, this.size);
  }

  start(): void {
    void this.pump();
  }

  ask(): void {
    const question = ++this.question;
    this.options.send({ kind: "chunks_question", transfer: this.transfer, question });
  }

  receive({ next, question }: ChunksState): void {
    this.next = Math.min(Math.max(this.next, next), this.count);
    if (question > 0 && question === this.question) this.cursor = this.next;
    void this.pump();
  }

  dispose(): void {
    this.disposed = true;
  }

  private async pump(): Promise<void> {
    if (this.reading) return;
    this.reading = true;
    try {
      const window = this.options.window ?? WINDOW;
      while (this.cursor < Math.min(this.next + window, this.count)) {
        const number = this.cursor++;
        const start = number * this.chunkBytes;
        const end = Math.min(start + this.chunkBytes, this.size);
        const buffer = await this.options.read(start, end);
        if (this.disposed) return;
        if (buffer.byteLength !== end - start) throw new Error("fewer bytes than the file had");
        this.options.send({ kind: "chunk", transfer: this.transfer, number }, [buffer]);
      }
    } catch {
      if (!this.disposed) this.options.failed();
    } finally {
      this.reading = false;
    }
  }
}
