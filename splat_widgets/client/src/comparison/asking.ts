// Questions to the kernel: one of each kind at a time, asked again until it is answered.
import type { AnyModel } from "@anywidget/types";
import { Channel } from "../page/channel";
import { Owner } from "../page/dom";
import { newId } from "../page/ids";
import { Requests } from "../page/requests";
import type {
  ComparisonState,
  ComparisonToKernel,
  ComparisonToPage,
  MapsCompared,
  NumbersCompared,
  PictureCompared,
} from "../page/state.gen";

export type Answer = PictureCompared | MapsCompared | NumbersCompared;
type Kind = Answer["kind"];
type Question = Extract<ComparisonToKernel, { kind: Kind }>;
type Asked<K extends Kind> = Omit<Extract<Question, { kind: K }>, "view" | "request">;
type Take<K extends Kind> = (
  answer: Extract<Answer, { kind: K }>,
  buffers: DataView[],
) => void | Promise<void>;

export class Asking extends Owner {
  /** Called when `isWaiting` may have changed. */
  onWaiting: () => void = () => {};
  private readonly id = newId();
  private readonly channel: Channel<ComparisonToPage, ComparisonToKernel>;
  private readonly requests: Requests;
  private readonly open = new Map<Kind, { request: string; take: Take<Kind> }>();

  constructor(model: AnyModel<ComparisonState>) {
    super();
    this.channel = new Channel(model, () => this.lost());
    this.requests = new Requests(
      this.id,
      (message) => this.channel.send(message),
      () => this.onWaiting(),
    );
    const answered = (answer: Answer, buffers: DataView[]) => this.receive(answer, buffers);
    this.channel.receive({
      picture: answered,
      maps: answered,
      numbers: answered,
      chunks_state: (message) => this.requests.receive(message),
    });
    this.cleanup.add(
      this.channel.watch(model as AnyModel),
      () => this.channel.dispose(),
      () => this.requests.closeAll(),
    );
  }

  get connected(): boolean {
    return this.channel.connected;
  }

  /** Whether the kernel has been silent for a while. */
  get isWaiting(): boolean {
    return this.requests.isWaiting;
  }

  has(kind: Kind): boolean {
    return this.open.has(kind);
  }

  /** Asks; an older question of the same kind is of no use any more. */
  ask<K extends Kind>(question: Asked<K> & { kind: K }, take: Take<K>): void {
    const request = newId();
    this.open.set(question.kind, { request, take: take as unknown as Take<Kind> });
    const message = { ...question, view: this.id, request } as unknown as Question;
    this.requests.open(question.kind, () => this.channel.send(message));
  }

  /** Tells the kernel of traits that this page changed. */
  saveTraits(values: Partial<ComparisonState>): void {
    this.channel.send({ kind: "traits", view: this.id, values });
  }

  private receive(answer: Answer, buffers: DataView[]): void {
    const asked = this.open.get(answer.kind);
    if (answer.view !== this.id || answer.request !== asked?.request) return;
    this.open.delete(answer.kind);
    this.requests.close(answer.kind);
    void asked.take(answer, buffers);
  }

  private lost(): void {
    this.open.clear();
    this.requests.closeAll();
    this.onWaiting();
  }
}
