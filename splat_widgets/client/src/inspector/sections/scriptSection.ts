// The Python that does again what was done here.
import { h } from "../../page/dom";
import { SETTINGS } from "../../page/state.gen";
import { ICONS } from "../controls/icons";
import type { Session } from "../session";
import { button, type Section, section } from "./section";

const QUIET_MS = 400; // after the last change, before the code is asked for again
const SAID_MS = 1500;

export class ScriptSection {
  readonly section: Section = section("Script", false, "script");
  private readonly code = h("pre", { tabindex: 0, "aria-label": "Python that repeats this" });
  private readonly stops: (() => void)[] = [];
  private asking: ReturnType<typeof setTimeout> | undefined;
  private saying: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly session: Session) {
    const said = h("span", { class: "swi-readout", role: "status" });
    const copy = button({ text: "Copy", icon: ICONS.copy, label: "Copy the code" }, () => {
      navigator.clipboard
        .writeText(this.code.textContent ?? "")
        .then(() => {
          said.textContent = "Copied";
        })
        .catch(() => {
          said.textContent = "The browser does not allow it: select the text and copy it";
        });
      clearTimeout(this.saying);
      this.saying = setTimeout(() => {
        said.textContent = "";
      }, SAID_MS);
    });
    this.section.body.append(this.code, h("div", { class: "swi-row" }, copy, said));
    this.section.note("as Python");
    this.section.element.addEventListener("toggle", () => this.ask(0));
    this.stops.push(
      session.changes.on("script", (text) => {
        this.code.textContent = text;
      }),
      session.changes.on("selection", () => this.ask()),
      ...SHOWN_IN_CODE.map((key) => session.bind(key, () => this.ask())),
      () => clearTimeout(this.asking),
      () => clearTimeout(this.saying),
    );
  }

  dispose(): void {
    for (const stop of this.stops) stop();
  }

  private ask(afterMs = QUIET_MS): void {
    clearTimeout(this.asking);
    if (!this.section.element.open) return;
    this.asking = setTimeout(() => this.session.askScript(), afterMs);
  }
}

const SHOWN_IN_CODE = ["scene_info", "camera", ...SETTINGS] as const;
