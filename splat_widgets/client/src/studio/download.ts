// Puts files together that the kernel sends in chunks, and hands them to the browser's downloads.
// `studio/download.py` is the other half.
import { ChunkReceiver, Patience } from "../page/chunks";
import type {
  Chunk,
  ChunksArrived,
  ChunksQuestion,
  ChunksState,
  DownloadBegins,
  DownloadFailed,
  DownloadWanted,
} from "../page/state.gen";

type Options = {
  send: (message: DownloadWanted | ChunksArrived | ChunksQuestion) => void;
  /** A whole file is here. */
  offer: (name: string, file: Blob) => void;
  changed: () => void;
};

class Job {
  name = "";
  chunks: ChunkReceiver | undefined; // once the kernel has announced the file
  readonly patience: Patience;
  private size = 0;
  private arrived = 0;
  private parts: ArrayBuffer[] = [];

  constructor(
    private readonly wanted: DownloadWanted,
    private readonly options: Options,
  ) {
    this.patience = new Patience({
      ask: () => (this.chunks ? this.chunks.ask() : options.send(wanted)),
      changed: options.changed,
    });
    this.request();
  }

  get fraction(): number {
    return this.size ? this.arrived / this.size : 0;
  }

  begin({ name, size, chunks }: DownloadBegins): void {
    if (this.chunks) return;
    Object.assign(this, { name, size });
    this.chunks = new ChunkReceiver(this.wanted.request, chunks, {
      send: this.options.send,
      take: (number, { buffer, byteOffset, byteLength }) => {
        const bytes = buffer.slice(byteOffset, byteOffset + byteLength);
        this.parts[number] = bytes as ArrayBuffer;
        this.arrived += byteLength;
      },
      unknown: () => this.request(),
    });
  }

  offer(): void {
    this.options.offer(this.name, new Blob(this.parts, { type: "application/octet-stream" }));
  }

  private request(): void {
    this.chunks = undefined;
    this.parts = [];
    this.arrived = 0;
    this.patience.expect();
    this.options.send(this.wanted);
  }
}

export class Downloads {
  private readonly jobs = new Map<string, Job>();

  constructor(private readonly options: Options) {}

  /** What to do with the kernel's messages; those to other pages of the widget are left alone. */
  readonly handlers = {
    download: (head: DownloadBegins) => {
      const job = this.jobs.get(head.request);
      if (!job) return;
      job.patience.expect();
      job.begin(head);
      this.settle(head.request, job);
    },
    download_failed: ({ request }: DownloadFailed) => this.remove(request),
    chunk: (message: Chunk, buffers: DataView[]) => this.take(message, buffers),
    chunks_state: (message: ChunksState, buffers: DataView[]) => this.take(message, buffers),
  };

  /** Asks for the file of a scene. */
  ask(wanted: DownloadWanted): void {
    this.jobs.set(wanted.request, new Job(wanted, this.options));
  }

  has(request: string): boolean {
    return this.jobs.has(request);
  }

  /** The oldest file on the way. */
  get progress(): { name: string; fraction: number; waiting: boolean } | undefined {
    for (const { name, fraction, patience } of this.jobs.values())
      if (name || patience.waiting) return { name, fraction, waiting: patience.waiting };
    return undefined;
  }

  /** No more is to come. */
  clear(): void {
    for (const request of this.jobs.keys()) this.remove(request);
  }

  private take(message: Chunk | ChunksState, buffers: DataView[]): void {
    const job = this.jobs.get(message.transfer);
    if (!job) return;
    job.patience.expect();
    job.chunks?.receive(message, buffers);
    this.settle(message.transfer, job);
  }

  private settle(request: string, job: Job): void {
    if (job.chunks?.isWhole) {
      this.remove(request);
      job.offer();
    }
    this.options.changed();
  }

  private remove(request: string): void {
    this.jobs.get(request)?.patience.stop();
    this.jobs.delete(request);
    this.options.changed();
  }
}

/** Asks the browser to store a file. */
export function offer(name: string, file: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser reads it after the click
}
