import builders
import pytest

import splat_widgets as sw
from splat_widgets.scene.scene import Scene
from splat_widgets.viewer.measuring import check_measured


def test_only_a_reconstruction_knows_metres() -> None:
    whole = Scene.of(builders.make_scene())
    assert whole.metres == "model"
    assert Scene(whole.gaussians, whole.cameras).metres == "unknown"


def test_the_distance_is_that_of_the_points() -> None:
    page = {"points": [[0, 0, 0], [3, 0, 4]], "distance": 5.0001, "unit": "m"}
    found = check_measured(page)
    assert found is not None and found["distance"] == 5
    assert check_measured(None) is None


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"points": [[0, 0, 0], [0, 0]]}, "three"),
        ({"points": [[0, 0, 0], [0, 0, float("nan")]]}, "finite"),
        ({"unit": "feet"}, "feet"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_not_a_measurement_is_refused(change, word) -> None:
    good = {"points": [[0, 0, 0], [0, 0, 1]], "distance": 1.0, "unit": "units"}
    check_measured(good)
    with pytest.raises(ValueError, match=word):
        check_measured({**good, **change})


def test_a_viewer_scales_its_scene_and_stays_where_it_looks(known) -> None:
    viewer = sw.view(known)
    points = [(0.0, 0.0, 2.0), (0.4, 0.0, 2.0)]
    viewer.measured = {"points": points, "distance": 0.4, "unit": "m"}
    viewer.show_predicted = known.predicted is not known
    message = {"kind": "length", "view": "a", "points": points, "metres": 2.0}
    viewer.measured = {"points": points, "distance": 0.4, "unit": "m"}
    viewer._on_length({**message, "scene": viewer.encoded.header["scene"]}, [])
    assert viewer.scene.metres == "given" and viewer.measured["distance"] == pytest.approx(2)
    assert viewer.show_predicted == (known.predicted is not known)
    viewer.show_predicted = False
    factor = (viewer.scene.means[0] - viewer.scene.means[9]).norm()
    assert factor == pytest.approx(5 * float((known.means[0] - known.means[9]).norm()), rel=1e-4)
    with pytest.raises(ValueError, match="viewer is empty"):
        sw.SplatViewer().scale_to(*points, 2.0)
