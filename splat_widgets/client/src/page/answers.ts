// Whether the kernel has heard what the person did: while a cell runs, some kernels hear nothing.
// Messages keep their order, so that the answer to a question means that all before it were read.
import type { ChunksQuestion, ChunksState } from "./state.gen";

const SOON_MS = 800; // a kernel that runs no cell answers in a few

export class Answers {
  /** The kernel has been silent for too long since. */
  isWaiting = false;
  private question = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param name no transfer has it; the kernel answers questions about unknown ones too.
   * @param changed `isWaiting` has changed.
   */
  constructor(
    private readonly name: string,
    private readonly send: (message: ChunksQuestion) => void,
    private readonly changed: () => void,
  ) {}

  /** A message was sent that the person waits for. */
  expect(): void {
    this.send({ kind: "chunks_question", transfer: this.name, question: ++this.question });
    this.timer ??= setTimeout(() => this.set(true), SOON_MS);
  }

  /** Takes the kernel's answer; false if it is about something else. */
  receive({ transfer, question }: Pick<ChunksState, "transfer" | "question">): boolean {
    if (transfer !== this.name) return false;
    if (question === this.question) this.stop();
    return true;
  }

  /** Nothing is waited for any more. */
  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.set(false);
  }

  private set(waiting: boolean): void {
    if (this.isWaiting === waiting) return;
    this.isWaiting = waiting;
    this.changed();
  }
}
