"""Pictures that a viewer has asked its pages for."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from os import PathLike

from splat_widgets.page.snapshot import Snapshot
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.framing import pinhole
from splat_widgets.viewer.messages import SnapshotRequest, SnapshotTaken

MAX_SNAPSHOT_PX = 8192


def snapshot_request(
    width: int | None, height: int | None, camera: Camera | None, transparent: bool
) -> SnapshotRequest:
    """A request with a name of its own; the arguments are those of `SplatViewer.snapshot`.

    Raises:
        ValueError: for a size that is not between 1 and `MAX_SNAPSHOT_PX` pixels.
    """
    if camera is not None:
        width = camera.width if width is None else width
        height = round(camera.height * width / camera.width) if height is None else height
    for name, size in (("width", width), ("height", height)):
        if size is not None and not 1 <= size <= MAX_SNAPSHOT_PX:
            raise ValueError(f"expected a {name} from 1 to {MAX_SNAPSHOT_PX}, got {size}")
    return {
        "kind": "snapshot",
        "view": None,
        "request": uuid.uuid4().hex,
        "width": width,
        "height": height,
        "camera": None if camera is None else pinhole(camera),
        "transparent": transparent,
    }


class Snapshots:
    """Those on their way."""

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[Snapshot, SnapshotRequest]] = {}  # by name

    @property
    def requests(self) -> list[SnapshotRequest]:
        """What a view that opens now is to be asked for."""
        return [request for _, request in list(self._waiting.values())]

    def expect(
        self,
        request: SnapshotRequest,
        path: str | PathLike[str] | None,
        timeout_s: float,
        on_done: Callable[[Snapshot], object] | None,
    ) -> Snapshot:
        """The picture of a request, to come."""
        snapshot = Snapshot(path, timeout_s)
        if on_done is not None:
            snapshot.add_done_callback(lambda _: on_done(snapshot))
        name = request["request"]
        self._waiting[name] = (snapshot, request)
        snapshot.add_done_callback(lambda _: self._waiting.pop(name, None))
        return snapshot

    def take(self, message: SnapshotTaken, buffers: list[memoryview]) -> None:
        """A page has sent one, or says why it cannot."""
        waiting = self._waiting.get(message["request"])
        if waiting is None:  # another view of the widget was faster
            return
        if buffers:
            waiting[0].deliver(bytes(buffers[0]))
        else:
            waiting[0].fail(message["problem"] or "the page sent no picture")

    def close(self) -> None:
        """None will come any more."""
        for snapshot, _ in list(self._waiting.values()):
            snapshot.fail("the viewer was closed")
