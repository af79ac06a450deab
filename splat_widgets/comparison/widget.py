"""`Comparison`: scenes side by side with one camera and one selection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import numpy as np
from ipywidgets import widget_serialization
from traitlets import List, Tuple, Unicode

from splat_widgets.comparison.answers import Answers
from splat_widgets.comparison.compared import ComparedScenes
from splat_widgets.comparison.following import Following
from splat_widgets.comparison.frames import Align, Alignment, aligned
from splat_widgets.comparison.making import ModelLike, scenes_of_models, scenes_of_orders
from splat_widgets.comparison.messages import ToKernel, ToPage
from splat_widgets.comparison.pixels import match
from splat_widgets.comparison.ranges import OneRange
from splat_widgets.comparison.scenes import compared, titles_of
from splat_widgets.comparison.sheets import jpeg, opened, sheet
from splat_widgets.comparison.state import OWN
from splat_widgets.comparison.values import has_one_meaning
from splat_widgets.inspector import Inspector, Link
from splat_widgets.inspector.catalogue import items
from splat_widgets.inspector.records import AttributeItem
from splat_widgets.inspector.state import SETTINGS
from splat_widgets.page.arguments import named, traits_of
from splat_widgets.page.bundle import BundledWidget
from splat_widgets.page.chunks import state
from splat_widgets.page.messages import Buffer, ChunksQuestion, Handler, TraitsChanged
from splat_widgets.page.still import Still, StillContent
from splat_widgets.page.traits import take
from splat_widgets.photos.source import PhotoLike
from splat_widgets.reconstruction.choices import Refine
from splat_widgets.rendering.preview import still_jpeg
from splat_widgets.scene.framing import CameraState
from splat_widgets.scene.scene import Scene, SceneLike

# Photos have other numbers in another order, and nothing is isolated without a selection.
_LINKED = tuple(name for name in SETTINGS if name not in ("shown_photos", "isolate"))
_HEIGHT_PX = 360


class Comparison(ComparedScenes, BundledWidget):
    """Two to six scenes side by side, with one camera and one selection; `sw.compare` is this.

    Moving one view moves all, in the page. Where scenes share photos, what is selected in one is
    selected at the same pixels of the others. Two of them can blink in one place, or be wiped with
    a divider. `views` are `Inspector`s, one for each scene.
    """

    _entry = Unicode("comparison").tag(sync=True)
    _to_kernel = ToKernel
    _parts = Tuple(help="The views, in the order of the scenes.").tag(
        sync=True, ts="string[]", **widget_serialization
    )
    _frames = List(help="For each scene, 4 x 4 row by row: from the first one's frame to its.").tag(
        sync=True, ts="number[][]"
    )

    def __init__(
        self,
        *scenes: SceneLike | Sequence[SceneLike],
        titles: Sequence[str] | None = None,
        align: Align = "camera",
        **traits: Any,
    ) -> None:
        """Compare scenes: the last line of a cell.

        Args:
            scenes: two to six of what `Scene.of` takes, also as one list; a refined scene alone is
                compared with its prediction.
            titles: one for each scene; None: by their origin.
            align: how scenes with frames of their own are put into the first one's. "camera": so
                that a photo they share has one camera; "size": so, and as large; "none": not at
                all.
            traits: `mode` and the other public traits below, and those of `Inspector` for every
                view, for example `height` in CSS pixels.

        Raises:
            FileNotFoundError: for a path at which there is no file.
            TypeError: if one of them is not a scene, or for an unknown argument.
            ValueError: for fewer than two scenes or more than six, or one without Gaussians.
        """
        known = compared(scenes)
        named = titles_of(known, titles)
        own = {name: traits.pop(name) for name in list(traits) if name in OWN}
        layout = traits.pop("layout", {"width": "100%"})
        self._answers = Answers(self)
        self._matches = {}
        self._alignments = _alignments(known, named, align)
        home = traits.pop("camera", None)
        traits = {"height": _HEIGHT_PX, "show_panel": False, **traits}
        self.views = tuple(Inspector(scene, **traits) for scene in known)
        self._kept = Still(self._picture, lambda: str([view.camera for view in self.views]))
        self._link = Link(self.views, _LINKED)
        self._following = Following(self.views, self.match)
        self._ranges = OneRange(self.views, lambda: self._attribute_names)
        super().__init__(
            _parts=self.views,
            _frames=[[float(v) for v in one.T_scene_first.flat] for one in self._alignments],
            titles=named,
            notes=self._notes(named),
            catalogue=_common(known, self._alignments),
            layout=layout,
        )
        self._ranges.on = cast("bool", self.one_range)
        self.observe(self._on_one_range, names="one_range")
        names = self._attribute_names
        self.attribute = own.pop("attribute", "opacity" if "opacity" in names else "")
        for name, value in own.items():
            setattr(self, name, value)
        self.camera = cast("CameraState", self.views[0].camera) if home is None else home

    @classmethod
    def of_orders(
        cls,
        first: PhotoLike,
        second: PhotoLike,
        *,
        model: ModelLike = None,
        refine: Refine = False,
        **traits: Any,
    ) -> Comparison:
        """What a pair network makes of two photos in both orders, and of one photo twice.

        Args:
            first: a photo, as `reconstruct` takes it; its camera is the frame of the comparison.
            second: another.
            model: as in `reconstruct`.
            refine: as in `reconstruct`; False shows the network's own scenes. What the
                photos determine is the same in both orders.
            traits: of the comparison.

        Raises:
            PhotoError: if a photo cannot be used.
            CheckpointError: if the model cannot be loaded.
        """
        scenes, titles = scenes_of_orders(first, second, model, refine)
        return cls(*scenes, **{"titles": titles, **traits})

    @classmethod
    def of_models(
        cls,
        photos: Iterable[PhotoLike],
        models: Iterable[ModelLike],
        *,
        refine: Refine = False,
        **traits: Any,
    ) -> Comparison:
        """What several models, or several checkpoints of a training, make of the same photos.

        Args:
            photos: as `reconstruct` takes them.
            models: two to six, each as `reconstruct` takes one: loaded, a name, a path.
            refine: as in `reconstruct`; False shows the networks' own scenes.
            traits: of the comparison.

        Raises:
            PhotoError: if a photo cannot be used.
            CheckpointError: if a model cannot be loaded.
            ValueError: for fewer than two models or more than six.
        """
        scenes, titles = scenes_of_models(photos, models, refine)
        return cls(*scenes, **{"titles": titles, **traits})

    def close(self) -> None:
        """Take the comparison and its views off every page and free what they hold."""
        if "_following" in self.__dict__:  # not for one that refused its arguments
            self._kept.refresh_now()
            self._following.stop()
            self._ranges.stop()
            self._link.unlink()
            for view in self.views:
                view.close()
            self._matches.clear()
        super().close()

    def __repr__(self) -> str:
        shown = (f"{t}: {len(s):,}" for t, s in zip(self.titles, self.scenes, strict=True))
        return f"Comparison({' | '.join(shown)} Gaussians)"

    def _on_one_range(self, change: Any) -> None:
        self._ranges.on = change["new"]

    def _picture(self) -> StillContent:
        drawn = [
            opened(still_jpeg(scene, cast("CameraState", view.camera)))
            for scene, view in zip(self.scenes, self.views, strict=True)
        ]
        return StillContent(repr(self), jpeg(sheet(drawn, cast("list[str]", self.titles))))

    def _notes(self, titles: list[str]) -> list[str]:
        """Sentences on frames, and on scenes whose pixels correspond to no other's."""
        told = [one.sentence for one in self._alignments if one.sentence]
        for place in range(1, len(self.views)):
            problem = self.match(0, place).problem
            if problem:
                told.append(f"Selections of “{titles[place]}” stay its own: {problem}.")
        return told

    def _handlers(self) -> dict[str, Handler]:
        return {
            **super()._handlers(),
            **self._answers.handlers(),
            "chunks_question": self._on_question,
            "traits": self._on_traits,
        }

    def send(self, content: ToPage, buffers: Sequence[Buffer] | None = None) -> None:
        """Send a message to every page that shows the comparison.

        Args:
            content: one of `comparison/messages.py`.
            buffers: bytes that go with it.
        """
        self._post(content, buffers)

    def _on_question(self, message: ChunksQuestion, _buffers: list[memoryview]) -> None:
        self.send(state(message["transfer"], -1, message["question"]))  # there are no transfers

    def _on_traits(self, message: TraitsChanged, _buffers: list[memoryview]) -> None:
        take(self, message["values"])


named([*OWN, *traits_of(Inspector)], Inspector.class_traits() | Comparison.class_traits())(
    Comparison
)


def _alignments(scenes: Sequence[Scene], names: Sequence[str], how: Align) -> list[Alignment]:
    first, name, *others = scenes[0], names[0], *zip(scenes[1:], names[1:], strict=True)
    return [
        Alignment(np.eye(4), ""),
        *(aligned(first, one, match(first, one), (name, other), how) for one, other in others),
    ]


def _common(scenes: Sequence[Scene], alignments: Sequence[Alignment]) -> list[AttributeItem]:
    """What every scene has and means the same in each."""
    known = [{item["name"] for item in items(scene)} for scene in scenes[1:]]
    return [
        item
        for item in items(scenes[0])
        if has_one_meaning(item, alignments) and all(item["name"] in names for names in known)
    ]
