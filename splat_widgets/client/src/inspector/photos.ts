// The photos of the scene as pictures, requested once a scene.
import type { Inspection } from "../engine/inspection";
import type { Requests } from "../page/requests";
import type { Changes } from "./changes";
import type { FromKernel } from "./messages";
import type { Notices } from "./notices";

const KEY = "photos";

export class Photos {
  /** In the order of `scene_info.photos`; empty until they arrive. */
  pictures: ImageBitmap[] = [];
  private requested = false;

  /** @param ask sends the request, which names the scene. */
  constructor(
    private readonly inspection: Inspection,
    private readonly notices: Notices,
    private readonly changes: Changes,
    private readonly requests: Pick<Requests, "open" | "close">,
    private readonly ask: (scene: string) => void,
  ) {}

  request(): void {
    if (this.requested || !this.inspection.count) return;
    this.requested = true;
    const scene = this.inspection.sceneId;
    this.requests.open(KEY, () => this.ask(scene));
  }

  async receive(
    { request, problem }: Extract<FromKernel, { kind: "photos" }>,
    buffers: DataView[],
  ): Promise<void> {
    const isStale = () => request !== this.inspection.sceneId;
    if (isStale()) return;
    this.requests.close(KEY);
    if (problem) {
      this.notices.fail(new Error(problem));
      return;
    }
    try {
      const blobs = buffers.map((data) => new Blob([data as DataView<ArrayBuffer>]));
      const pictures = await Promise.all(blobs.map((blob) => createImageBitmap(blob)));
      if (isStale()) {
        for (const picture of pictures) picture.close();
        return;
      }
      this.clear();
      this.requested = true;
      this.pictures = pictures;
      this.changes.emit("photos", undefined);
    } catch (error) {
      this.notices.fail(error);
    }
  }

  /** Forgets the photos of the scene that was. */
  clear(): void {
    this.requested = false;
    this.requests.close(KEY);
    for (const picture of this.pictures.splice(0)) picture.close();
  }
}
