// Puts a file together that the kernel sends in chunks, and hands it to the browser's downloads.
// `studio/download.py` is the other half.

export type DownloadMessage =
  | { kind: "download"; request: string; name: string; size: number }
  | { kind: "download_chunk"; request: string; seq: number };

type Running = { name: string; size: number; arrived: number; parts: ArrayBuffer[] };

export class Downloads {
  private readonly running = new Map<string, Running | undefined>();

  constructor(
    private readonly options: {
      acknowledge: (request: string) => void;
      /** A whole file is here. */
      offer: (name: string, file: Blob) => void;
      changed: () => void;
    },
  ) {}

  /** This page asked; answers to other pages of the widget are not its business. */
  expect(request: string): void {
    this.running.set(request, undefined);
  }

  /** Name and fraction of what is on the way. */
  get progress(): { name: string; fraction: number } | undefined {
    for (const job of this.running.values()) {
      if (job) return { name: job.name, fraction: job.size ? job.arrived / job.size : 1 };
    }
    return undefined;
  }

  /** No more is to come. */
  clear(): void {
    this.running.clear();
  }

  receive(message: DownloadMessage, buffers: readonly DataView[]): void {
    if (!this.running.has(message.request)) return;
    if (message.kind === "download") {
      const { name, size } = message;
      this.running.set(message.request, { name, size, arrived: 0, parts: [] });
    } else {
      const job = this.running.get(message.request);
      const bytes = buffers[0];
      if (!job || !bytes || job.parts[message.seq]) return;
      const { buffer, byteOffset, byteLength } = bytes;
      job.parts[message.seq] = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
      job.arrived += byteLength;
      this.options.acknowledge(message.request);
      if (job.arrived === job.size) {
        this.running.delete(message.request);
        this.options.offer(job.name, new Blob(job.parts, { type: "application/octet-stream" }));
      }
    }
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
