// How different the two look from where the viewers look.
import { button } from "../inspector/controls/buttons";
import { ScaleBar } from "../inspector/plots/scaleBar";
import { h } from "../page/dom";
import type { CameraState, PictureCompared } from "../page/state.gen";
import type { Asking } from "./asking";
import { drawn } from "./drawn";
import { FoundSection } from "./foundSection";

export type View = { pair: number[]; camera: CameraState; width: number; height: number };

const BAR_PX = 300;

export class PictureSection extends FoundSection {
  private readonly numbers = h("p", { class: "swc-numbers" });
  private readonly pictures = h("div", { class: "swc-pictures" });
  private readonly bar = new ScaleBar("swc-scale", BAR_PX);
  private readonly again: HTMLButtonElement;

  /** @param view what is to be rendered now. */
  constructor(
    asking: Asking,
    private readonly view: () => View | undefined,
  ) {
    super("Difference picture", "picture", asking);
    const label = "Render both from where the viewers look now, and compare";
    this.again = button({ text: "Compare from here", label }, () => this.refresh());
    this.again.hidden = true;
    this.content.hidden = true;
    this.content.append(this.numbers, this.pictures);
    this.body.prepend(this.again);
  }

  /** The viewers look from elsewhere now; the picture is made again on a click. */
  turned(): void {
    if (!this.content.hidden) this.again.hidden = false;
  }

  protected request(): void {
    const view = this.view();
    if (!view) return;
    this.again.hidden = true;
    this.asking.ask({ kind: "picture", ...view }, (answer, buffers) => this.show(answer, buffers));
  }

  private async show({ problem, found }: PictureCompared, files: DataView[]): Promise<void> {
    this.say(problem, true);
    this.content.hidden = !found;
    if (!found) {
      this.again.hidden = false;
      return;
    }
    const said = (psnr: number | null, ssim: number | null) =>
      `PSNR ${psnr === null ? "∞" : psnr.toFixed(2)} dB, SSIM ${(ssim ?? 1).toFixed(3)}`;
    const whole = said(found.psnr, found.ssim);
    const share = Math.round(100 * found.covered);
    const covered =
      found.ssim_covered === null || share === 100
        ? ""
        : ` Of the ${share} % that both scenes cover: ${said(found.psnr_covered, found.ssim_covered)}.`;
    this.note(whole);
    this.numbers.textContent = `${whole} over black, ${found.width} × ${found.height} px.${covered}`;
    const names = [...found.titles, "Difference"];
    const figures = await Promise.all(files.map((file, i) => drawn(file, names[i], "swc-picture")));
    const scale = { low: 0, high: found.high, log: false };
    this.bar.show("Root mean square of the channels", scale, found.colormap);
    figures.at(-1)?.append(this.bar.element);
    this.pictures.replaceChildren(...figures);
  }
}
