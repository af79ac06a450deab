"""An evaluation as Markdown tables."""

from __future__ import annotations

from splat_widgets.training.evaluate.records import (
    METHODS,
    PHOTO_METHODS,
    Evaluation,
    PhotoEvaluation,
    PhotoSummary,
    Summary,
)

POINT_COLUMNS = {
    "error1": "photo 1",
    "error2": "photo 2",
    "aligned1": "photo 1, scaled",
    "aligned2": "photo 2, scaled",
    "abs_rel1": "AbsRel 1",
    "abs_rel2": "AbsRel 2",
    "delta1": "δ 1",
    "delta2": "δ 2",
    "rotation_deg": "rotation",
    "direction_deg": "direction",
    "with_pose": "with a pose",
}
PICTURE_COLUMNS = {"psnr": "PSNR", "ssim": "SSIM", "perceptual": "perceptual"}
PHOTO_COLUMNS = {
    "aligned1": "photo 1, scaled",
    "aligned2": "photo 2, scaled",
    "rotation_deg": "rotation",
    "direction_deg": "direction",
    "focal": "focal length",
    "psnr": "PSNR",
    "psnr_whole": "PSNR, whole",
}
_NONE = "–"
SCALED_PICTURES = "this network, scaled"
POINT_METHODS = tuple(name for name in METHODS if not name.startswith("nearest"))
PICTURE_METHODS = ("network", "nearest_photo", "nearest_photo_on_plane")

LEGEND = """\
Medians over the scenes. "Photo 1" and "photo 2": a scene's median distance of a point from the
truth, over its distance from its own camera; photo 2 is in the frame of camera 1; "scaled" is after
one factor per scene. AbsRel: mean of |z - truth| / truth; δ: share of depths within a factor of
1.25; both in metres, along each photo's own axis (the true pose takes photo 2 there). Rotation and
direction of translation: error in degrees of the pose that the points give, where they give one.
Stereo receives the focal length, and for errors in metres the length of the baseline."""

PICTURE_LEGEND = """\
PSNR in dB (higher is better), SSIM (higher is better), normalised Laplacian pyramid distance (lower
is better) of held-out views between the two cameras, over the pixels that one of the two photos
shows, rendered from the true cameras over black."""

CONFIDENCE_LEGEND = """\
Median error of a scene's pixels by their confidence, both photos, in metres, least confident tenth
first."""

PHOTO_LEGEND = """\
From two photos of 512 px, through `reconstruct`, as predicted and with `refine=True`; {scenes}
scenes. Errors are medians, as above, that of the focal length relative. PSNR is the mean over
supersampled 256 px pictures of held-out views, drawn from the true place with the scene's own focal
length and after one scale: over the pixels that one of the photos shows, and over the whole picture
(what no photo shows is black). Scenes in which the photos gave no answer count with the network's
numbers."""


def table(evaluation: Evaluation) -> str:
    """The whole evaluation, Markdown."""
    parts = [
        (LEGEND, point_tables(evaluation)),
        (PICTURE_LEGEND, picture_table(evaluation)),
        (CONFIDENCE_LEGEND, confidence_table(evaluation)),
    ]
    if evaluation.photos is not None:
        legend = PHOTO_LEGEND.format(scenes=evaluation.photos.num_scenes)
        parts.append((legend, photo_table(evaluation.photos)))
    return "\n\n".join(f"{legend}\n\n{rows}" for legend, rows in parts)


def point_tables(evaluation: Evaluation) -> str:
    """One table per range of baselines: points, depths and poses of every method."""
    parts = []
    for index, scope in enumerate(evaluation.ranges):
        rows = [["", *POINT_COLUMNS.values()]]
        for method in POINT_METHODS:
            summary = getattr(evaluation, method)[index]
            row = cells(summary, POINT_COLUMNS)
            if method in ("constant_depth", "identity_pose"):  # one has no pose, one is a pose
                row[-1] = _NONE
            rows.append([label(method, summary), *row])
        parts.append(f"**{scope.title}** ({scope.num_scenes} scenes)\n\n{markdown(rows)}")
    return "\n\n".join(parts)


def picture_table(evaluation: Evaluation) -> str:
    """Scores of novel views: all three overall, PSNR per range."""
    rows = [["", *PICTURE_COLUMNS.values(), *(f"PSNR, {r.title}" for r in evaluation.ranges[1:])]]
    for method in PICTURE_METHODS:
        summaries = getattr(evaluation, method)
        rows.append([METHODS[method], *_picture_cells(summaries, "")])
        if method == "network":
            rows.append([SCALED_PICTURES, *_picture_cells(summaries, "_aligned")])
    return markdown(rows)


def confidence_table(evaluation: Evaluation) -> str:
    """Error per tenth of the pixels by confidence."""
    count = len(evaluation.error_by_decile)
    heads = [str(number) for number in range(1, count + 1)]
    return markdown([["tenth", *heads], ["error", *map(_three, evaluation.error_by_decile)]])


def photo_table(photos: PhotoEvaluation) -> str:
    """What photos add: errors and fair novel views."""
    rows = [["", *PHOTO_COLUMNS.values()]]
    for method, name in PHOTO_METHODS.items():
        rows.append([name, *cells(getattr(photos, method), PHOTO_COLUMNS)])
    return markdown(rows)


def label(method: str, summary: Summary) -> str:
    """Name of a row, with how often stereo has an answer."""
    if method != "stereo":
        return METHODS[method]
    pixels = 0.0 if summary.pixels is None else summary.pixels
    return (
        f"classical stereo ({summary.with_points:.0%} of the scenes, {pixels:.0%} of their pixels)"
    )


def cells(summary: Summary | PhotoSummary, names: dict[str, str], ending: str = "") -> list[str]:
    """Formatted values, a dash where there is none."""
    return [_cell(name, getattr(summary, name + ending)) for name in names]


def markdown(rows: list[list[str]]) -> str:
    """A table; the first row is its head."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])


def _picture_cells(summaries: tuple[Summary, ...], ending: str) -> list[str]:
    per_range = [_cell("psnr", getattr(part, "psnr" + ending)) for part in summaries[1:]]
    return [*cells(summaries[0], PICTURE_COLUMNS, ending), *per_range]


def _cell(name: str, value: float | None) -> str:
    if value is None:
        return _NONE
    if name == "with_pose":
        return f"{value:.0%}"
    if name.endswith("_deg"):
        return f"{value:.2f}" if value < 1 else f"{value:.1f}"
    return f"{value:.2f}" if name.startswith("psnr") else _three(value)


def _three(value: float) -> str:
    return f"{value:.3f}"
