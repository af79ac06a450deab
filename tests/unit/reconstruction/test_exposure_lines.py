"""What is said of photos whose light was changed."""

from types import SimpleNamespace
from typing import Any

from splat_widgets.reconstruction.verdict import exposure_lines
from splat_widgets.scene.refinement import Refinement

PHOTOS: Any = [SimpleNamespace(name="a.jpg"), SimpleNamespace(name="b.jpg")]


def lines(factors: tuple[float, ...], contrasts: tuple[float, ...] = ()) -> list[str]:
    changed = tuple((factor,) * 3 for factor in factors)
    told: Any = ((), (None,) * 2, (None,) * 2, (None,) * 2, (0.5,) * 2, "model")
    refinement = Refinement(
        True, True, "", "It holds.", *told, exposures=changed, contrasts=contrasts
    )
    return exposure_lines(refinement, PHOTOS)


def test_brighter_and_darker_photos_are_named() -> None:
    (line,) = lines((0.7, 1.5))
    assert "shows a.jpg 1.4 times darker, b.jpg 1.5 times brighter, so that they fit" in line
    (line,) = lines((1.0, 2.0), (0.8, 1.2))
    assert "shows b.jpg 2.0 times brighter and evens out their contrast, so that" in line


def test_contrast_alone_is_told() -> None:
    (line,) = lines((1.0, 1.02), (0.8, 1.2))
    assert "the scene evens out their contrast, so that they fit together (same_exposure" in line


def test_what_nobody_sees_is_not_told() -> None:
    assert lines((1.0, 1.05), (1.0, 1.05)) == [] == lines(())
