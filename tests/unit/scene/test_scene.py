"""`Scene`: what it is made of, what it passes on, and that everything public takes one."""

import copy
from collections.abc import Callable
from dataclasses import replace

import builders
import numpy as np
import pytest
import torch

import splat_widgets as sw
from splat_widgets import attributes, io, regions
from splat_widgets.inspector.points import points
from splat_widgets.rendering.preview import preview
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.reconstruction import Reconstruction
from splat_widgets.scene.scene import Scene

CAMERA = Camera.centred(20.0, 16, 16)
SQUARE = [(0, 0), (9, 0), (9, 9), (0, 9)]
# What takes a scene: a call with the scene and a folder to write to.
PUBLIC: dict[str, Callable] = {
    "Scene.of": lambda scene, _: Scene.of(scene),
    "view": lambda scene, _: sw.view(scene),
    "inspect": lambda scene, _: sw.inspect(scene),
    "save": lambda scene, folder: sw.save(scene, folder / "out.ply"),
    "write": lambda scene, folder: io.write(folder / "out.ply", scene),
    "render": lambda scene, _: sw.render(scene, CAMERA),
    "preview": lambda scene, _: preview(scene, size=16),
    "turntable": lambda scene, _: sw.turntable(scene, num_frames=2),
    "write_video": lambda scene, folder: sw.write_video(folder / "out.gif", scene, [CAMERA]),
    "write_page": lambda scene, folder: sw.write_page(folder / "out.html", scene),
    "points": lambda scene, _: points(scene),
    "available": lambda scene, _: attributes.available(scene),
    "get": lambda scene, _: attributes.get("opacity", scene),
    "describe": lambda scene, _: attributes.describe(scene, "opacity"),
    "values": lambda scene, _: attributes.values(scene, "opacity"),
    "to_torch": lambda scene, _: attributes.to_torch(scene, "opacity"),
    "table": lambda scene, _: attributes.table(scene)["opacity"],
    "to_dataframe": lambda scene, _: (
        pytest.importorskip("pandas") and attributes.to_dataframe(scene, "opacity")
    ),
    "forget": lambda scene, _: attributes.forget(scene),
    "at": lambda scene, _: regions.at(scene, [0]),
    "drawn": lambda scene, _: regions.drawn(scene),
    "floaters": lambda scene, _: regions.floaters(scene),
    "in_box": lambda scene, _: regions.in_box(scene, (0, 0, 0), (1, 1, 1)),
    "in_density": lambda scene, _: regions.in_density(scene, ("x", "y"), SQUARE),
    "in_polygon": lambda scene, _: regions.in_polygon(scene, CAMERA, SQUARE),
    "in_range": lambda scene, _: regions.in_range(scene, "opacity", 0.5),
    "in_rectangle": lambda scene, _: regions.in_rectangle(scene, CAMERA, (0, 0), (9, 9)),
    "in_sphere": lambda scene, _: regions.in_sphere(scene, (0, 0, 4), 1),
    "shown": lambda scene, _: regions.shown(scene),
    "visible": lambda scene, _: regions.visible(scene, CAMERA),
}
PHOTOS: dict[str, Callable] = {
    "images": lambda scene, _: attributes.images(scene, "opacity"),
    "in_photo": lambda scene, _: regions.in_photo(scene, 0, SQUARE),
    "grow": lambda scene, _: regions.grow(scene, np.zeros(len(Scene.of(scene)), bool)),
}
FORMS = ("path", "text", "gaussians", "reconstruction", "scene", "viewer", "inspector")


@pytest.fixture
def take(scene, tmp_path):
    """The test reconstruction in the form of a name."""

    def make(form: str) -> object:
        if form in ("path", "text"):
            path = io.save(scene, tmp_path / "scene.ply")
            return path if form == "path" else str(path)
        return {
            "gaussians": lambda: scene.gaussians,
            "reconstruction": lambda: scene,
            "scene": lambda: Scene.of(scene),
            "viewer": lambda: sw.view(scene),
            "inspector": lambda: sw.inspect(scene),
        }[form]()

    return make


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("function", PUBLIC)
def test_every_function_takes_every_form_of_a_scene(function, form, take, tmp_path):
    PUBLIC[function](take(form), tmp_path)


@pytest.mark.parametrize("form", ["reconstruction", "scene", "viewer", "inspector"])
@pytest.mark.parametrize("function", PHOTOS)
def test_what_needs_photos_takes_what_has_them(function, form, take, tmp_path):
    PHOTOS[function](take(form), tmp_path)


@pytest.mark.parametrize("function", [*PUBLIC, *PHOTOS])
def test_what_is_not_a_scene_is_refused_with_one_sentence(function, tmp_path):
    call = (PUBLIC | PHOTOS)[function]
    refused = {}
    for wrong in (42, "https://x.org/a.ply", tmp_path / "no.ply", sw.SplatViewer()):
        with pytest.raises((TypeError, ValueError, OSError)) as caught:
            call(wrong, tmp_path)
        refused[str(wrong)[:5]] = f"{caught.type.__name__}: {caught.value}"
    assert list(refused.values()) == [
        "TypeError: expected a scene: a path to its file, Gaussians, a Reconstruction, a Scene, or "
        "a viewer or inspector that shows one; got int; make one with `reconstruct` or `load`",
        "ValueError: expected a path on this machine, got the address 'https://x.org/a.ply'; "
        "download it first",
        f"FileNotFoundError: expected a file, found nothing at {tmp_path / 'no.ply'}; "
        "check the path",
        "TypeError: expected a scene: a path to its file, Gaussians, a Reconstruction, a Scene, or "
        "a viewer or inspector that shows one; got an empty SplatViewer; assign its `scene` first",
    ]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("function", ["view", "inspect", "save", "render", "describe"])
def test_none_is_not_a_scene(function, tmp_path):
    with pytest.raises(TypeError, match="got NoneType"):
        PUBLIC[function](None, tmp_path)


def test_the_parts_are_the_given_ones(scene):
    known = Scene.of(scene)
    assert known.gaussians is scene.gaussians and known.reconstruction is scene
    assert known.cameras is scene.cameras and known.path is None
    assert Scene.of(known) is known
    assert Scene.of(scene.gaussians).reconstruction is None


@pytest.mark.parametrize(
    "name", ["means", "scales", "quaternions", "opacities", "sh", "sh_degree", "device"]
)
def test_fields_of_the_gaussians_pass_through(scene, name):
    value = getattr(Scene.of(scene), name)
    expected = getattr(scene.gaussians, name)
    assert value is expected or value == expected
    torch.testing.assert_close(Scene.of(scene).covariances, scene.gaussians.covariances)


@pytest.mark.parametrize(
    "name",
    ["view", "row", "col", "confidence", "offsets", "maps", "photos", "timings", "provenance"],
)
def test_fields_of_the_reconstruction_pass_through_where_there_is_one(scene, name):
    assert getattr(Scene.of(scene), name) is getattr(scene, name)
    alone = Scene.of(scene.gaussians)
    assert not hasattr(alone, name) and not alone.has(name)
    with pytest.raises(AttributeError, match=f"expected a scene with `{name}`"):
        getattr(alone, name)


def test_a_file_remembers_its_path(scene, tmp_path):
    path = sw.save(scene, tmp_path / "scene.ply")
    loaded = sw.load(path)
    assert isinstance(loaded, Scene) and loaded.path == path
    assert "scene.ply" in repr(loaded) and f"{len(scene)} Gaussians" in repr(loaded)
    assert loaded.select([0]).path is None, "a part is not the file"


def test_select_keeps_cameras_and_photos(scene):
    part = Scene.of(scene).select(scene.view == 1)
    assert len(part) == 400 and set(part.view.tolist()) == {1}
    assert part.cameras == scene.cameras and part.photos is scene.photos
    alone = Scene(scene.gaussians, scene.cameras).select([3, 1])
    assert torch.equal(alone.means, scene.gaussians.means[[3, 1]])
    assert alone.cameras == scene.cameras


def test_known_cameras_leave_out_the_unknown(scene):
    assert Scene(scene.gaussians, (None, CAMERA)).known_cameras == (CAMERA,)


def test_a_reconstruction_of_other_gaussians_is_refused(scene, gaussians):
    with pytest.raises(ValueError, match=r"use `Scene.of"):
        Scene(gaussians, (), scene)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (("scene.ply",), "expected Gaussians, got str; `Scene.of` takes a path"),
        ((builders.make_gaussians(3), [CAMERA]), "expected a tuple of cameras, got list"),
        ((builders.make_gaussians(3), (CAMERA, 1)), "expected a Camera, got int"),
    ],
)
def test_parts_of_another_type_are_refused(parts, message):
    with pytest.raises(TypeError, match=message):
        Scene(*parts)


@pytest.mark.parametrize("function", [sw.render, regions.in_polygon, regions.visible])
def test_what_is_not_a_camera_is_refused_with_one_sentence(function, scene):
    further = [[(0, 0), (1, 0), (0, 1)]] if function is regions.in_polygon else []
    for wrong in (1, scene.cameras):
        got = rf"expected a Camera, got {type(wrong).__name__}; `Camera\.centred`"
        with pytest.raises(TypeError, match=got):
            function(scene, wrong, *further)


@pytest.mark.parametrize("function", [sw.write_page, sw.write_video])
def test_a_scene_in_place_of_the_path_is_named(function, scene, tmp_path):
    with pytest.raises(TypeError, match="expected a path, got Reconstruction"):
        function(scene, tmp_path / "a.gif")


def test_what_holds_a_scene_may_hold_a_record_but_nothing_else(scene):
    class Holder:
        def __init__(self, held):
            self.held = held

        def __scene__(self):
            return self.held

    assert Scene.of(Holder(scene)).record is scene
    assert Scene.of(Holder(scene.gaussians)).gaussians is scene.gaussians
    for wrong in ("scene.ply", Holder(scene)):
        with pytest.raises(TypeError, match=f"got Holder that holds {type(wrong).__name__}"):
            Scene.of(Holder(wrong))


def test_repr_is_one_line_and_the_notices(scene):
    noted = replace(scene, notices=("One photo was given.",))
    first, second = repr(Scene.of(noted)).split("\n")
    assert first.startswith("Scene(800 Gaussians of SH degree 1 from ") and "2 of 2 cam" in first
    assert second == "One photo was given."


def test_methods_do_what_the_functions_do(scene, tmp_path):
    known = Scene.of(scene)
    assert known.show(height=300).scene is known
    assert known.save(tmp_path / "a.ply").read_bytes() == (
        sw.save(scene, tmp_path / "b.ply").read_bytes()
    )
    assert torch.equal(known.render(CAMERA).color, sw.render(scene, CAMERA).color)
    assert repr(known.describe("opacity")) == repr(attributes.describe(scene, "opacity"))
    assert [row.name for row in known.describe("x", "opacity")] == ["x", "opacity"]


def test_what_is_computed_hangs_on_the_record(scene):
    """Scenes come and go: every call makes one of the same record."""
    first = attributes.values(scene, "anisotropy")
    assert attributes.values(Scene.of(scene), "anisotropy") is first
    attributes.register("rank", np.arange(800.0), scene=Scene.of(scene))
    assert attributes.values(scene.select([5, 2]), "rank").tolist() == [5, 2]
    assert attributes.values(sw.view(scene), "rank")[7] == 7


def test_a_formula_of_the_user_gets_the_scene(gaussians):
    seen = []
    attributes.register("own", lambda s: seen.append(s) or s.opacities, scene=gaussians)
    attributes.values(gaussians, "own")
    assert isinstance(seen[0], Scene) and seen[0].gaussians is gaussians


def test_records_are_plain(scene, gaussians):
    """Only a scene knows how to show itself."""
    for record in (gaussians, scene):
        assert isinstance(record, sw.Gaussians | Reconstruction)
        assert not hasattr(record, "_ipython_display_") and not hasattr(record, "__scene__")


def test_what_only_gaussians_have_is_named():
    scene = Scene(builders.make_gaussians(3))
    assert set(scene.to_numpy()) == {"means", "scales", "quaternions", "opacities", "sh"}
    with pytest.raises(AttributeError, match=r"use `scene\.turned"):
        scene.rotate  # noqa: B018
    with pytest.raises(AttributeError, match=r"no attribute 'wings'$"):
        scene.wings  # noqa: B018
    with pytest.raises(AttributeError, match="`confidence`, as `reconstruct` returns it"):
        scene.confidence  # noqa: B018
    assert copy.copy(scene).gaussians is scene.gaussians


def test_repr_after_select_says_of_how_many(scene):
    whole = Scene.of(scene)
    assert repr(whole[:10]).startswith("Scene(10 of 800 Gaussians of SH degree 1 from ")
    assert repr(whole[:100].select([1, 2])).startswith("Scene(2 of 800 Gaussians")
    assert repr(whole[::-1]) == repr(whole)
    assert repr(Scene(scene.gaussians)[:3]) == "Scene(3 of 800 Gaussians of SH degree 1)"


def test_reprs_of_the_parts_are_short(known):
    parts = (known.provenance, known.maps, known.photos, known.refinement, known.cameras)
    for part in (*parts, known.evidence, known.gaussians, known.timings):
        one = part[0] if isinstance(part, tuple) else part
        assert len(repr(one)) < 300 and "\n" not in repr(one), one
    assert repr(known.photos[0]).startswith("Photo(photo 1: ")
    assert repr(known.maps[0]).startswith("PhotoMaps(")
    assert repr(CAMERA) == "Camera(16 x 16 px, focal length 20.0 px, at (0, 0, 0))"


@pytest.mark.parametrize("device", ["cuda:99", "toaster", torch.device("cuda", 99)])
def test_a_device_that_is_not_there_is_refused_with_those_that_are(scene, device):
    with pytest.raises(ValueError, match=rf"^expected .*cpu.* got '{device}'"):
        Scene.of(scene).to(device)


def test_to_a_device_moves_all_that_is_counted_by_gaussian(scene):
    moved = Scene.of(scene)[:5].to("meta")
    for name in ("means", "sh", "view", "row", "confidence", "offsets"):
        assert getattr(moved, name).device.type == "meta", name
    assert moved.maps[0].points.device.type == "meta" and moved.selected_from == 800
    assert Scene.of(scene).to("cpu").reconstruction is scene, "nothing to do"
    assert Scene.of(scene).to(torch.float64).means.dtype == torch.float64


def test_a_field_cannot_be_assigned(scene):
    for name in ("means", "confidence", "wings"):
        with pytest.raises(AttributeError):
            setattr(Scene.of(scene), name, 3)
