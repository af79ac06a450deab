// Values of attributes: requested from the kernel once each and kept until another scene comes.
import type { FromKernel } from "./messages";

/** An attribute's values in wire order, and the ranges in which they are shown by default. */
export type Channel = {
  values: Float32Array;
  limits: [number, number];
  limitsLog: [number, number];
};

/** The range in which a channel is shown by default. */
export function limitsOf(channel: Channel, log: boolean): [number, number] {
  return log ? channel.limitsLog : channel.limits;
}

type Pending = {
  name: string;
  promise: Promise<Channel>;
  resolve: (channel: Channel) => void;
  reject: (error: Error) => void;
  values: Float32Array | undefined;
  missing: number;
  parts: Set<number>; // first value of each; a request that was sent again is answered twice
};

export type AttributeEvents = {
  /** Sends a request. */
  ask(request: string, name: string): void;
  /** A request needs no answer any more. */
  settled(request: string): void;
  /** A channel arrived, failed or was requested. */
  changed(name: string, channel: Channel | undefined): void;
  /** What `request` requested could not be loaded. */
  failed(error: unknown): void;
};

/** Another scene came before the answer to a request; this is not shown as an error. */
export class Superseded extends Error {}

export class AttributeStore {
  private readonly channels = new Map<string, Channel>();
  private readonly pending = new Map<string, Pending>(); // by request
  private number = 0;

  /** @param scene the scene on the screen; without splats there is nothing to request. */
  constructor(
    private readonly scene: { readonly count: number },
    private readonly events: AttributeEvents,
  ) {}

  get(name: string): Channel | undefined {
    return this.channels.get(name);
  }

  get names(): string[] {
    return [...this.channels.keys()];
  }

  /** Names that were requested and have not arrived. */
  get waiting(): string[] {
    return [...this.pending.values()].map(({ name }) => name);
  }

  /** Loads an attribute for callers that do not wait for it. */
  request(name: string): void {
    if (name && this.scene.count) this.load(name).catch((error) => this.events.failed(error));
  }

  load(name: string): Promise<Channel> {
    const known = this.channels.get(name);
    if (known) return Promise.resolve(known);
    for (const request of this.pending.values()) if (request.name === name) return request.promise;
    let resolve: Pending["resolve"] = () => {};
    let reject: Pending["reject"] = () => {};
    const promise = new Promise<Channel>((yes, no) => {
      resolve = yes;
      reject = no;
    });
    promise.catch(() => {}); // callers that wait handle it
    const request = `${name} ${++this.number}`;
    const nothing = { values: undefined, missing: 0, parts: new Set<number>() };
    this.pending.set(request, { name, promise, resolve, reject, ...nothing });
    this.events.ask(request, name);
    this.events.changed(name, undefined);
    return promise;
  }

  receive(message: Extract<FromKernel, { kind: "attribute" }>, buffers: DataView[]): void {
    const pending = this.pending.get(message.request);
    if (!pending || message.pending) return; // of a scene that was replaced, or still being computed
    if (message.problem) {
      this.settle(message.request);
      this.events.changed(pending.name, undefined);
      pending.reject(new Error(message.problem));
      return;
    }
    if (!pending.values) {
      pending.values = new Float32Array(message.total);
      pending.missing = message.total;
    }
    if (message.count && !pending.parts.has(message.first)) {
      pending.values.set(floats(buffers[0], message.count), message.first);
      pending.parts.add(message.first);
      pending.missing -= message.count;
    }
    if (pending.missing > 0) return;
    this.settle(message.request);
    const channel: Channel = {
      values: pending.values,
      limits: message.limits,
      limitsLog: message.limits_log,
    };
    this.channels.set(pending.name, channel);
    this.events.changed(pending.name, channel);
    pending.resolve(channel);
  }

  /**
   * Forgets attributes whose values changed; returns those that were known. Pending ones are requested
   * again, since the old values may be on their way.
   */
  forget(names: readonly string[]): string[] {
    for (const [request, { name, resolve, reject }] of [...this.pending]) {
      if (!names.includes(name)) continue;
      this.settle(request);
      this.load(name).then(resolve, reject);
    }
    return names.filter((name) => this.channels.delete(name));
  }

  /** Forgets everything: another scene has come. */
  clear(): void {
    this.channels.clear();
    for (const [request, { reject }] of [...this.pending]) {
      this.settle(request);
      reject(new Superseded("another scene has come"));
    }
  }

  private settle(request: string): void {
    this.pending.delete(request);
    this.events.settled(request);
  }
}

// A view into a message may start anywhere; typed arrays may not.
function floats(data: DataView, count: number): Float32Array {
  if (data.byteLength !== 4 * count)
    throw new Error(`expected ${4 * count} bytes for ${count} values, got ${data.byteLength}`);
  const end = data.byteOffset + data.byteLength;
  return data.byteOffset % 4 === 0
    ? new Float32Array(data.buffer as ArrayBuffer, data.byteOffset, count)
    : new Float32Array((data.buffer as ArrayBuffer).slice(data.byteOffset, end));
}
