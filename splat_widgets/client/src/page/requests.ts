// Requests that are sent again until the kernel has answered them. After silence the page asks a
// small question first: a busy kernel would answer every copy of a request when its cell has ended.
// Messages keep their order, so that a request without an answer was lost, or is being worked on.
import { Patience } from "./chunks";
import type { ChunksQuestion, ChunksState } from "./state.gen";

const NOTICE_MS = 800;

export class Requests {
  private readonly unanswered = new Map<string, () => void>();
  private question = 0;
  private readonly patience: Patience;

  /**
   * @param name no other transfer has it; the kernel answers questions about unknown ones too.
   * @param changed `isWaiting` may have changed.
   */
  constructor(
    private readonly name: string,
    private readonly send: (message: ChunksQuestion) => void,
    changed: () => void = () => {},
  ) {
    this.patience = new Patience({ ask: () => this.ask(), changed, noticeMs: NOTICE_MS });
  }

  /** Whether the kernel has been silent for a while. */
  get isWaiting(): boolean {
    return this.patience.waiting;
  }

  /** What has no answer yet. */
  get keys(): string[] {
    return [...this.unanswered.keys()];
  }

  has(key: string): boolean {
    return this.unanswered.has(key);
  }

  /** Sends a request; it replaces an unanswered one of the same key. */
  open(key: string, send: () => void): void {
    send();
    this.expect(key, send);
  }

  /** Expects a message that the kernel sends by itself; `send` asks for it when it does not come. */
  expect(key: string, send: () => void): void {
    this.unanswered.set(key, send);
    this.patience.expect();
  }

  /** The request was answered, or the answer is of no use any more. */
  close(key: string): void {
    if (this.unanswered.delete(key) && !this.unanswered.size) this.patience.stop();
  }

  closeAll(): void {
    this.unanswered.clear();
    this.patience.stop();
  }

  receive({ transfer, question }: ChunksState): void {
    if (transfer !== this.name || question !== this.question) return;
    for (const send of [...this.unanswered.values()]) send();
  }

  private ask(): void {
    this.send({ kind: "chunks_question", transfer: this.name, question: ++this.question });
  }
}
