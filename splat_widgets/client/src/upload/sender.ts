// Sends files to the kernel, one after the other; `page/chunks.ts` moves the bytes and
// `upload/receiver.py` is the other half. Knows neither widget nor page.
import { ChunkSender, Patience } from "../page/chunks";
import { kernel } from "../page/host";
import type {
  Chunk,
  ChunksQuestion,
  ChunksState,
  FileBegin,
  FileCancel,
  FileDone,
  FileFailed,
  FileReady,
} from "../page/state.gen";

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
  /** Whether the fault lies in the transfer, so that another try makes sense. */
  readonly retryable: boolean;
};

export type FileToKernel = FileBegin | FileCancel | Chunk | ChunksQuestion;

export type SenderOptions = {
  send: (message: FileToKernel, buffers?: ArrayBuffer[]) => void;
  /** Some transfer changed, ended or vanished. */
  changed: () => void;
  /** The kernel took a file. */
  done?: (id: string) => void;
  /** Chunks on the way at most. */
  window?: number;
};

const UNREADABLE = "cannot be read; was it moved or changed?";

class Job implements Transfer {
  state: TransferState = "waiting";
  reason = "";
  retryable = false;
  chunks: ChunkSender | undefined;

  constructor(
    readonly id: string,
    readonly source: Source,
    readonly patience: Patience,
  ) {}

  get arrived(): number {
    return this.chunks?.arrived ?? 0;
  }

  get stalled(): boolean {
    return this.patience.waiting;
  }

  end(): void {
    this.patience.stop();
    this.chunks?.dispose();
  }
}

export class Sender {
  private readonly jobs = new Map<string, Job>();

  constructor(private readonly options: SenderOptions) {}

  /** What to do with the kernel's messages. */
  readonly handlers = {
    file_ready: ({ id, chunk_bytes }: FileReady) => this.start(this.jobs.get(id), chunk_bytes),
    file_done: ({ id }: FileDone) => {
      if (!this.jobs.has(id)) return;
      this.remove(id);
      this.options.done?.(id);
    },
    file_failed: ({ id, reason, retryable }: FileFailed) =>
      this.fail(this.jobs.get(id), reason, retryable),
    chunks_state: (message: ChunksState) => this.advance(message),
  };

  /** Files that have not been taken: on the way, or failed. In the order they were added. */
  get transfers(): readonly Transfer[] {
    return [...this.jobs.values()];
  }

  add(id: string, source: Source): void {
    const patience = new Patience({
      ask: () => (job.chunks ? job.chunks.ask() : this.begin(job)),
      changed: this.options.changed,
    });
    const job = new Job(id, source, patience);
    this.jobs.set(id, job);
    this.options.changed();
    this.startNext();
  }

  /** Stops a transfer, or takes a failed one from the list. */
  cancel(id: string): void {
    const job = this.jobs.get(id);
    if (!job) return;
    if (job.state !== "waiting" && job.state !== "failed")
      this.options.send({ kind: "file_cancel", id });
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
    for (const job of this.jobs.values()) this.fail(job, reason, true);
  }

  dispose(): void {
    for (const id of [...this.jobs.keys()]) this.cancel(id);
  }

  private startNext(): void {
    const jobs = [...this.jobs.values()];
    // One file at a time, so that they arrive in order; while one is checked the next may start.
    if (jobs.some(({ state }) => state === "opening" || state === "sending")) return;
    const job = jobs.find(({ state }) => state === "waiting");
    if (!job) return;
    job.state = "opening";
    job.patience.expect();
    this.begin(job);
    this.options.changed();
  }

  private begin({ id, source: { name, size } }: Job): void {
    this.options.send({ kind: "file_begin", id, name, size });
  }

  private start(job: Job | undefined, chunkBytes: number): void {
    if (job?.state !== "opening") return;
    const { id, source } = job;
    job.state = "sending";
    job.patience.expect();
    job.chunks = new ChunkSender(id, source.size, chunkBytes, {
      send: this.options.send,
      read: (start, end) => source.slice(start, end).arrayBuffer(),
      failed: () => {
        this.options.send({ kind: "file_cancel", id });
        this.fail(job, UNREADABLE, false);
      },
      ...(this.options.window && { window: this.options.window }),
    });
    job.chunks.start();
    this.options.changed();
  }

  private advance(message: ChunksState): void {
    const job = this.jobs.get(message.transfer);
    if (!job?.chunks || job.state === "failed") return;
    if (message.next < 0) {
      this.fail(job, `${kernel()} does not know of this transfer; try again`, true);
      return;
    }
    job.patience.expect();
    job.chunks.receive(message);
    if (job.chunks.isWhole && job.state === "sending") {
      job.state = "checking";
      this.startNext();
    }
    this.options.changed();
  }

  private fail(job: Job | undefined, reason: string, retryable: boolean): void {
    if (!job || job.state === "failed") return;
    Object.assign(job, { state: "failed", reason, retryable });
    job.end();
    this.options.changed();
    this.startNext();
  }

  private remove(id: string): void {
    this.jobs.get(id)?.end();
    this.jobs.delete(id);
    this.options.changed();
    this.startNext();
  }
}
