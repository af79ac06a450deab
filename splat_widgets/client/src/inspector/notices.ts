// The one message that the panel shows: an error of the page, else what the kernel said last.
import { Owner } from "../page/dom";
import type { InspectorState } from "../page/state.gen";
import { Superseded } from "./attributeStore";
import type { Traits } from "./traits";

const CHOICES = ["color_by", "histogram_attribute", "map_attribute", "filters"] as const;

export class Notices extends Owner {
  /** Called when there is another message, or none. */
  onChange: () => void = () => {};
  private problem = ""; // of the page

  constructor(private readonly traits: Traits) {
    super();
    const settle = () => this.settle();
    this.cleanup.add(
      traits.bind("message", settle), // the kernel's is newer
      ...traits.bindAll(CHOICES, settle), // another one than the one that failed
    );
  }

  get current(): InspectorState["message"] {
    return this.problem ? { level: "error", text: this.problem } : this.traits.get("message");
  }

  /** Shows an error of the page. */
  fail(error: unknown): void {
    if (error instanceof Superseded) return;
    this.setProblem(error instanceof Error ? error.message : String(error));
  }

  /** What the page said does not hold any more: something else has been done since. */
  settle(): void {
    this.setProblem("");
  }

  /** Takes the message away. */
  clear(): void {
    if (this.traits.get("message").text) this.traits.set("message", { level: "info", text: "" });
    this.setProblem("");
  }

  private setProblem(problem: string): void {
    this.problem = problem;
    this.onChange();
  }
}
