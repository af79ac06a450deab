// The one message that the panel shows: an error of the page, else what the kernel said last.
import { Owner } from "../page/dom";
import type { InspectorState } from "../page/state.gen";
import { Superseded } from "./attributeStore";
import type { Traits } from "./traits";

export class Notices extends Owner {
  /** Called when there is another message, or none. */
  onChange: () => void = () => {};
  private problem = ""; // of the page

  constructor(private readonly traits: Traits) {
    super();
    this.cleanup.add(traits.bind("message", () => this.setProblem(""))); // the kernel's is newer
  }

  get current(): InspectorState["message"] {
    return this.problem ? { level: "error", text: this.problem } : this.traits.get("message");
  }

  /** Shows an error of the page. */
  fail(error: unknown): void {
    if (error instanceof Superseded) return;
    this.setProblem(error instanceof Error ? error.message : String(error));
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
