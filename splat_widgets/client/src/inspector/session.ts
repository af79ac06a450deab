// The inspector's parts on one page: makes them, hands them the kernel's messages, disposes them.
import { Inspection } from "../engine/inspection";
import type { Scene } from "../engine/scene";
import type { Handlers } from "../page/channel";
import { Emitter } from "../page/emitter";
import type { Requests } from "../page/requests";
import type { Panel } from "../viewer/panel";
import { AttributeChoice } from "./attributeChoice";
import { AttributeStore, type Channel } from "./attributeStore";
import type { Changes } from "./changes";
import { Colouring } from "./colouring";
import type { FromKernel, ToKernel } from "./messages";
import { Notices } from "./notices";
import { Photos } from "./photos";
import { Picker } from "./picker";
import { formatCount } from "./plots/numbers";
import { SelectionTools } from "./selectionTools";
import type { Traits } from "./traits";

/** Sections take the parts of it that they use: `Pick<Session, "traits" | "picker">`. */
export class Session {
  readonly changes: Changes = new Emitter();
  readonly inspection = new Inspection();
  readonly notices: Notices;
  readonly attributes: AttributeStore;
  readonly selection: SelectionTools;
  readonly picker: Picker;
  readonly colouring: Colouring;
  readonly choice: AttributeChoice;
  readonly photos: Photos;

  /**
   * @param send sends a message of this view.
   * @param requests sends messages of this view again until they are answered.
   */
  constructor(
    readonly traits: Traits,
    private readonly panel: Panel,
    private readonly send: (message: ToKernel, buffers?: ArrayBuffer[]) => void,
    private readonly requests: Pick<Requests, "open" | "close" | "has">,
  ) {
    const { changes, inspection } = this;
    this.notices = new Notices(traits);
    this.attributes = new AttributeStore(inspection, {
      ask: (request, name) =>
        requests.open(request, () => send({ kind: "attribute", request, name })),
      settled: (request) => requests.close(request),
      changed: (name, channel) => this.channelChanged(name, channel),
      failed: (error) => this.notices.fail(error),
    });
    const { attributes, notices } = this;
    this.selection = new SelectionTools(
      traits,
      inspection,
      attributes,
      notices,
      changes,
      requests,
      send,
    );
    this.picker = new Picker(inspection, notices, changes, requests, send);
    this.photos = new Photos(inspection, notices, changes, requests, (request) =>
      send({ kind: "photos", request }),
    );
    this.choice = new AttributeChoice(traits);
    this.colouring = new Colouring(traits, inspection, attributes, changes);
    panel.onScene = (scene) => this.sceneChanged(scene);
    for (const change of ["selection", "scene"] as const)
      changes.on(change, () => notices.settle());
    for (const change of ["selection", "shown", "scene"] as const)
      changes.on(change, () => panel.setCounted(this.counted));
    panel.wireAt = (x, y) => inspection.stackAt(x, y)[0]?.wire;
  }

  dispose(): void {
    this.panel.onScene = () => {};
    this.attributes.clear();
    this.photos.clear();
    this.colouring.dispose();
    this.notices.dispose();
    this.inspection.dispose();
  }

  /** Asks for the Python that repeats what was done here. */
  requestScript(): void {
    this.traits.flush(); // the script must contain the latest change
    this.requests.open("script", () => this.send({ kind: "script" }));
  }

  /** What to do with the kernel's messages to this view. */
  readonly handlers: Handlers<FromKernel> = {
    attribute: (message, buffers) => this.attributes.receive(message, buffers),
    stale: ({ names }) => {
      for (const name of this.attributes.forget(names)) this.attributes.request(name);
    },
    photos: (message, buffers) => void this.photos.receive(message, buffers),
    script: ({ text }) => {
      this.requests.close("script");
      this.changes.emit("script", text);
    },
    picked: (message, buffers) => this.picker.receive(message, buffers),
    selection: (message, buffers) => this.selection.receive(message, buffers),
    selected: ({ request }) => this.selection.acknowledge(request),
  };

  /** How many splats the filters show and how many are selected, where that says something. */
  private get counted(): string[] {
    const { shownCount } = this.colouring;
    const { count } = this.selection;
    return [
      ...(shownCount < this.inspection.count ? [`${formatCount(shownCount)} shown`] : []),
      ...(count ? [`${formatCount(count)} selected`] : []),
    ];
  }

  private channelChanged(name: string, channel: Channel | undefined): void {
    if (channel) this.colouring.addChannel(name, channel.values);
    this.changes.emit("channel", name);
  }

  // Another scene has begun, or the same one on a new canvas after the graphics memory was lost.
  private sceneChanged(scene: Scene): void {
    const isNew = this.inspection.attach(scene);
    if (isNew)
      for (const part of [this.attributes, this.photos, this.selection, this.picker]) part.clear();
    this.colouring.apply();
    this.changes.emit("scene", undefined);
    this.changes.emit("selection", undefined);
    this.changes.emit("picked", { isNew: false });
  }
}
