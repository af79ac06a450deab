// The line beside the buttons: what the view is doing, and what was measured.
import type { ViewerStatus } from "../page/state.gen";

/** "drawing": all splats arrived, but the GPU has not drawn them yet; the owner sees "loading". */
export type Phase = ViewerStatus["phase"] | "drawing";

const number = new Intl.NumberFormat("en");

/** @param parts what stands before it, such as why the page waits; empty ones are left out. */
export function statusText(
  phase: Phase,
  { received, count, frameMs }: { received: number; count: number; frameMs: number },
  parts: string[],
): string {
  const time = frameMs < 9.95 ? frameMs.toFixed(1) : frameMs.toFixed(0);
  const words: Partial<Record<Phase, string>> = {
    loading: `${number.format(received)} of ${number.format(count)} splats`,
    drawing: `${number.format(count)} splats`,
    ready: `${number.format(count)} splats · ${time} ms per frame`,
  };
  return [...parts, words[phase]].filter(Boolean).join(" · ");
}
