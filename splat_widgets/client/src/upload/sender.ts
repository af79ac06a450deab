// Sends files to the kernel in acknowledged chunks; `upload/receiver.py` is the other half and
// describes the messages. Knows neither widget nor page, so that tests drive it with a fake clock.
import { Sha256 } from "./sha256";

export type Source = {
  readonly name: string;
  readonly size: number;
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
};

export type TransferState = "waiting" | "opening" | "sending" | "checking" | "failed";

export type Transfer = {
  readonly id: string;
  readonly source: Source;
  readonly state: TransferState;
  /** Acknowledged bytes. */
  readonly arrived: number;
  /** The kernel has not answered for a while; it may be busy with a cell. */
  readonly stalled: boolean;
  /** Why it failed. */
  readonly reason: string;
  /** Whether the fault lies in the connection, so that another try makes sense. */
  readonly retryable: boolean;
};

export type Outgoing =
  | { kind: "file_begin"; id: string; name: string; size: number }
  | { kind: "file_chunk"; id: string; seq: number }
  | { kind: "file_end"; id: string; sha256: string }
  | { kind: "file_cancel"; id: string };

export type Incoming =
  | { kind: "file_ready"; id: string; chunk_bytes: number }
  | { kind: "file_ack"; id: string; seq: number }
  | { kind: "file_done"; id: string }
  | { kind: "file_failed"; id: string; reason: string };

export type SenderOptions = {
  send: (message: Outgoing, buffer?: ArrayBuffer) => void;
  /** Some transfer changed, ended or vanished. */
  changed: () => void;
  /** The kernel took a file. */
  done?: (id: string) => void;
  /** Milliseconds; of a clock that does not jump. */
  now?: () => number;
  /** Chunks on the way at most. */
  window?: number;
};

const STALL_MS = 4_000;
/** Waits before a message is sent again; after the last one the transfer fails. */
const RESEND_MS = [10_000, 20_000, 40_000, 80_000];
const TICK_MS = 1_000;
export const NO_ANSWER =
  "the kernel did not answer for two and a half minutes; is it still running?";
const UNREADABLE = "cannot be read; was it moved or changed?";

class Job implements Transfer {
  state: TransferState = "waiting";
  arrived = 0;
  stalled = false;
  reason = "";
  retryable = false;
  chunkBytes = 0;
  /** Next chunk that was never sent. */
  next = 0;
  /** Chunks on the way. */
  readonly underway = new Set<number>();
  private readonly acknowledged = new Set<number>();
  readonly hash = new Sha256();
  sha256 = "";
  /** When the kernel last answered, and how often we have asked again since. */
  heard = 0;
  resends = 0;
  reading = false;

  constructor(
    readonly id: string,
    readonly source: Source,
  ) {}

  get chunks(): number {
    return Math.ceil(this.source.size / this.chunkBytes);
  }

  bytesOf(seq: number): number {
    return Math.min(this.chunkBytes, this.source.size - seq * this.chunkBytes);
  }

  acknowledge(seq: number): void {
    if (!this.underway.delete(seq) || this.acknowledged.has(seq)) return;
    this.acknowledged.add(seq);
    this.arrived += this.bytesOf(seq);
  }

  get allArrived(): boolean {
    return this.acknowledged.size === this.chunks;
  }
}

export class Sender {
  private readonly jobs = new Map<string, Job>();
  private readonly now: () => number;
  private readonly window: number;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly options: SenderOptions) {
    this.now = options.now ?? (() => performance.now());
    this.window = options.window ?? 6;
  }

  /** Files that have not been taken: on the way, or failed. In the order they were added. */
  get transfers(): readonly Transfer[] {
    return [...this.jobs.values()];
  }

  add(id: string, source: Source): void {
    this.jobs.set(id, new Job(id, source));
    this.options.changed();
    this.startNext();
  }

  /** Stops a transfer, or takes a failed one off the list. */
  cancel(id: string): void {
    const job = this.jobs.get(id);
    if (!job) return;
    if (job.state !== "waiting" && job.state !== "failed") {
      this.options.send({ kind: "file_cancel", id });
    }
    this.remove(id);
  }

  /** Sends a failed file again, under a new id. */
  retry(id: string, newId: string): void {
    const job = this.jobs.get(id);
    if (job?.state !== "failed") return;
    this.jobs.delete(id);
    this.add(newId, job.source);
  }

  /** The connection is gone: everything on the way has failed. */
  disconnect(reason: string): void {
    for (const job of this.jobs.values()) {
      if (job.state !== "failed") this.fail(job, reason, true);
    }
  }

  dispose(): void {
    for (const id of [...this.jobs.keys()]) this.cancel(id);
  }

  receive(message: Incoming): void {
    const job = this.jobs.get(message.id);
    if (!job || job.state === "failed") return;
    job.heard = this.now();
    job.resends = 0;
    job.stalled = false;
    switch (message.kind) {
      case "file_ready":
        if (job.state !== "opening") break;
        job.chunkBytes = message.chunk_bytes;
        job.state = "sending";
        void this.pump(job);
        break;
      case "file_ack":
        job.acknowledge(message.seq);
        void this.pump(job);
        break;
      case "file_done":
        this.remove(job.id);
        this.options.done?.(job.id);
        return;
      case "file_failed":
        this.fail(job, message.reason, message.reason.includes("try again"));
        return;
    }
    this.options.changed();
  }

  /** Looks for answers that stay away. Called by a timer; tests call it themselves. */
  tick(): void {
    for (const job of this.jobs.values()) {
      if (job.state === "waiting" || job.state === "failed" || job.reading) continue;
      const silence = this.now() - job.heard;
      if (silence > STALL_MS && !job.stalled && job.resends === 0) {
        job.stalled = true;
        this.options.changed();
      }
      const limit = RESEND_MS.slice(0, job.resends + 1).reduce((sum, ms) => sum + ms, 0);
      if (silence < limit) continue;
      job.resends++;
      if (job.resends >= RESEND_MS.length) this.fail(job, NO_ANSWER, true);
      else void this.resend(job);
    }
  }

  private startNext(): void {
    const jobs = [...this.jobs.values()];
    if (jobs.every((job) => job.state === "failed")) {
      clearInterval(this.timer);
      this.timer = undefined;
      return;
    }
    this.timer ??= setInterval(() => this.tick(), TICK_MS);
    // One file at a time, so that they arrive in order; while one is checked the next may start.
    if (jobs.some((job) => job.state === "opening" || job.state === "sending")) return;
    const job = jobs.find((one) => one.state === "waiting");
    if (!job) return;
    job.state = "opening";
    job.heard = this.now();
    this.begin(job);
    this.options.changed();
  }

  private begin(job: Job): void {
    const { name, size } = job.source;
    this.options.send({ kind: "file_begin", id: job.id, name, size });
  }

  private async pump(job: Job): Promise<void> {
    if (job.reading || job.state !== "sending") return;
    job.reading = true;
    try {
      while (job.next < job.chunks && job.underway.size < this.window) {
        const seq = job.next;
        const buffer = await this.read(job, seq);
        if (job.state !== "sending" || !this.jobs.has(job.id)) return;
        job.hash.update(new Uint8Array(buffer));
        job.next = seq + 1;
        job.underway.add(seq);
        this.options.send({ kind: "file_chunk", id: job.id, seq }, buffer);
      }
    } catch {
      this.options.send({ kind: "file_cancel", id: job.id });
      this.fail(job, UNREADABLE, false);
      return;
    } finally {
      job.reading = false;
    }
    if (job.allArrived && job.state === "sending") {
      job.state = "checking";
      job.sha256 = job.hash.digest();
      this.options.send({ kind: "file_end", id: job.id, sha256: job.sha256 });
      this.options.changed();
      this.startNext();
    }
  }

  private async read(job: Job, seq: number): Promise<ArrayBuffer> {
    const start = seq * job.chunkBytes;
    const buffer = await job.source.slice(start, start + job.bytesOf(seq)).arrayBuffer();
    if (buffer.byteLength !== job.bytesOf(seq)) throw new Error(UNREADABLE);
    return buffer;
  }

  private async resend(job: Job): Promise<void> {
    if (job.state === "opening") this.begin(job);
    if (job.state === "checking") {
      this.options.send({ kind: "file_end", id: job.id, sha256: job.sha256 });
    }
    for (const seq of [...job.underway]) {
      try {
        const buffer = await this.read(job, seq);
        if (job.state !== "sending" || !job.underway.has(seq)) continue;
        this.options.send({ kind: "file_chunk", id: job.id, seq }, buffer);
      } catch {
        this.fail(job, UNREADABLE, false);
        return;
      }
    }
  }

  private fail(job: Job, reason: string, retryable: boolean): void {
    job.state = "failed";
    job.stalled = false;
    job.reason = reason;
    job.retryable = retryable;
    this.options.changed();
    this.startNext();
  }

  private remove(id: string): void {
    this.jobs.delete(id);
    this.options.changed();
    this.startNext();
  }
}
