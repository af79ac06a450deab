// The Python script that repeats what was done here.
import { h } from "../../page/dom";
import { SETTINGS } from "../../page/state.gen";
import { button } from "../controls/buttons";
import { ICONS } from "../controls/icons";
import type { Session } from "../session";
import { Section } from "./section";

type Parts = Pick<Session, "traits" | "changes" | "requestScript">;

const QUIET_MS = 400; // after the last change, before the script is requested again
const NOTICE_MS = 1500;

export class ScriptSection extends Section {
  private readonly code = h("pre", { tabindex: 0, "aria-label": "Python that repeats this" });
  private asking: ReturnType<typeof setTimeout> | undefined;
  private noticeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly session: Parts) {
    super("Script", false, "script");
    const notice = h("span", { class: "swi-readout", role: "status" });
    const copy = button({ text: "Copy", icon: ICONS.copy, label: "Copy the code" }, () => {
      navigator.clipboard
        .writeText(this.code.textContent ?? "")
        .then(() => {
          notice.textContent = "Copied";
        })
        .catch(() => {
          notice.textContent = "The browser does not allow it: select the text and copy it";
        });
      clearTimeout(this.noticeTimer);
      this.noticeTimer = setTimeout(() => {
        notice.textContent = "";
      }, NOTICE_MS);
    });
    this.body.append(this.code, h("div", { class: "swi-row" }, copy, notice));
    this.note("as Python");
    this.cleanup.add(
      session.changes.on("script", (text) => {
        this.code.textContent = text;
      }),
      session.changes.on("selection", () => this.ask()),
      ...IN_SCRIPT.map((key) => session.traits.bind(key, () => this.ask())),
      () => clearTimeout(this.asking),
      () => clearTimeout(this.noticeTimer),
    );
  }

  protected override update(): void {
    this.ask(0);
  }

  private ask(afterMs = QUIET_MS): void {
    clearTimeout(this.asking);
    if (!this.element.open) return;
    this.asking = setTimeout(() => this.session.requestScript(), afterMs);
  }
}

const IN_SCRIPT = ["scene_info", "camera", ...SETTINGS] as const;
