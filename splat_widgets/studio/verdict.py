"""What the photos say of a scene, as the studio shows it."""

from __future__ import annotations

from splat_widgets.refinement.verdict import DOUBTFUL_SHARE
from splat_widgets.scene.scene import Scene
from splat_widgets.studio.records import VerdictItem

NO_VERDICT: VerdictItem = {"level": "none", "text": "", "can_refine": False}
KEPT = "The Gaussians are the network's own."


def verdict(scene: Scene | None) -> VerdictItem:
    """The verdict on a scene in words; empty for a scene that photos did not make.

    "good" only where all photos determine cameras and depth, without doubt.
    """
    found = None if scene is None or not scene.has("refinement") else scene.refinement
    if found is None:
        return NO_VERDICT
    if not found.answered:
        return {"level": "doubt", "text": found.sentence, "can_refine": False}
    share = sum(found.checked_shares) / max(len(found.checked_shares), 1)
    if share < DOUBTFUL_SHARE or found.left_out:
        return {"level": "doubt", "text": found.sentence, "can_refine": not found.applied}
    if found.applied:
        return {"level": "good", "text": found.sentence, "can_refine": False}
    return {"level": "good", "text": f"{found.sentence} {KEPT}", "can_refine": True}
