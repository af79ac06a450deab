// The messages of one widget, typed both ways by the unions in `state.gen.ts`.
import type { AnyModel } from "@anywidget/types";
import { watchConnection } from "./connection";

/** Any message; one without `view` is meant for every view. */
export type Message = { kind: string; view?: string | null };

/** What to do with each message, by kind; the loader takes the bundle. */
export type Handlers<M extends Message> = {
  [K in Exclude<M["kind"], "bundle">]: (
    message: Extract<M, { kind: K }>,
    buffers: DataView[],
  ) => void;
};

/** Gives a message to its handler; `rest` gets the kinds without one. */
export function dispatch<M extends Message>(
  handlers: Handlers<M>,
  message: Message,
  buffers: DataView[],
  rest: (message: Message, buffers: DataView[]) => void = unknown,
): void {
  const table: Record<string, unknown> = handlers;
  const handler = Object.hasOwn(table, message.kind) ? table[message.kind] : rest;
  (handler as typeof rest)(message, buffers);
}

type Model = Pick<AnyModel, "on" | "off" | "send">;

export class Channel<ToPage extends Message, ToKernel extends Message> {
  connected = true;
  private readonly stops: (() => void)[] = [];

  /** @param lost is called once, when the kernel is gone. */
  constructor(
    private readonly model: Model,
    private readonly lost: () => void,
  ) {}

  /** Hands the kernel's messages over until `dispose`; `rest` gets the kinds without a handler. */
  receive(handlers: Handlers<ToPage>, rest: (m: Message, buffers: DataView[]) => void = unknown) {
    const listener = (message: Message, buffers: ArrayBufferView[] = []) => {
      if (message.kind === "bundle") return;
      dispatch(handlers, message, buffers.map(asDataView), rest);
    };
    this.model.on("msg:custom", listener);
    this.stops.push(() => this.model.off("msg:custom", listener));
  }

  send(message: ToKernel, buffers: ArrayBuffer[] = []): void {
    if (!this.connected) return;
    try {
      this.model.send(message, undefined, buffers);
    } catch (error) {
      console.warn(error); // some front ends throw when the kernel is gone, others do nothing
      queueMicrotask(() => this.disconnect());
    }
  }

  /** Learns from a view's model whether the kernel is still there; returns a stop function. */
  watch(model: AnyModel): () => void {
    return watchConnection(model, () => this.disconnect());
  }

  disconnect(): void {
    if (!this.connected) return;
    this.connected = false;
    this.lost();
  }

  dispose(): void {
    for (const stop of this.stops.splice(0)) stop();
  }
}

function unknown({ kind }: Message): void {
  console.warn(`a message of the unknown kind "${kind}"`);
}

// Colab's widget manager gives a Uint8Array where others give a DataView.
function asDataView(data: ArrayBufferView): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}
