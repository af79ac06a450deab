"""`help()` of every public name lists its arguments with types and units; Tab knows the traits."""

import inspect
import re
import types
from collections.abc import Iterator

import ipywidgets
import pytest
from traitlets import HasTraits

import splat_widgets as sw
from splat_widgets import attributes, regions
from splat_widgets.attributes import AttributeTable, Description
from splat_widgets.rendering import Rendering

WIDGETS = (sw.SplatViewer, sw.Inspector, sw.compare, sw.Studio, sw.UploadPanel)
# What a number or an array is counted in: a unit, a range, or a shape.
UNITS = re.compile(
    r"px|pixel|degrees|second|\bm\b|scene unit|world unit|units|\[0, 1\]|\d to |factor|byte|frames"
    r"|\(N|\(\.\.\.|\(H|\(M|\(4, 4\)|mask|whole number|booleans"
)


def public_calls() -> Iterator[tuple[str, object]]:
    """Functions, classes and their methods, by the name that a user types."""
    for name in sw.__all__:
        value = getattr(sw, name)
        if inspect.isfunction(value):
            yield f"sw.{name}", value
        elif inspect.isclass(value):
            yield from of_class(f"sw.{name}", value)
    for module in (attributes, regions):
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isfunction(value):
                yield f"{module.__name__.split('.')[-1]}.{name}", value
    for further in (Rendering, AttributeTable, Description):
        yield from of_class(further.__name__, further)


def of_class(name: str, kind: type) -> Iterator[tuple[str, object]]:
    yield name, kind
    for method in [one for one in dir(kind) if not one.startswith("_")]:
        value = inspect.getattr_static(kind, method)
        value = getattr(value, "__func__", value)
        if not inspect.isfunction(value):
            continue
        if getattr(value, "__module__", "").startswith("splat_widgets"):
            yield f"{name}.{method}", value


CALLS = dict(public_calls())


def arguments(call: object) -> dict[str, str]:
    """What the docstring says of each argument, by name."""
    docs = [inspect.getdoc(call), inspect.getdoc(call.__init__)]  # `help` shows both of a class
    found = (re.search(r"^Args:\n((?:[ ]{4}.*\n?|\n)+)", doc or "", flags=re.M) for doc in docs)
    section = next(filter(None, found), None)
    parts = re.split(r"^ {4}(\w+): ", section[1], flags=re.M)[1:] if section else []
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return {name: " ".join(text.split()) for name, text in pairs}


def parameters(call: object) -> dict[str, inspect.Parameter]:
    made_by = inspect.unwrap(call.__init__ if inspect.isclass(call) else call)
    # Without the traits that Tab is told of.
    plain = types.FunctionType(made_by.__code__, {}, closure=made_by.__closure__)
    plain.__annotations__ = made_by.__annotations__
    known = inspect.signature(plain).parameters
    return {name: one for name, one in known.items() if name not in ("self", "cls")}


@pytest.mark.parametrize("name", CALLS)
def test_every_argument_is_listed_with_type_and_unit(name):
    call = CALLS[name]
    wanted, said = parameters(call), arguments(call)
    if name in ("Rendering", "Description"):  # made by us alone
        return
    assert inspect.getdoc(call)
    assert list(said) == list(wanted), "the arguments of the docstring, in their order"
    for argument, one in wanted.items():
        assert one.annotation is not one.empty, f"{argument} has no type"
        kind = str(one.annotation)
        if re.search(r"float|Tensor|ndarray", kind) and "Callable" not in kind:
            counted = re.search(r"_(px|deg|s|world)$", argument) or UNITS.search(said[argument])
            assert counted, f"{argument}: in which unit, range or shape? {said[argument]!r}"


def own_traits(widget: type[HasTraits]) -> dict[str, object]:
    return {
        name: trait
        for name, trait in widget.class_traits().items()
        if name[0] != "_" and trait.this_class.__module__.startswith("splat_widgets")
    }


@pytest.mark.parametrize("widget", WIDGETS)
def test_every_trait_says_what_it_is(widget):
    for name, trait in own_traits(widget).items():
        assert trait.help, name


@pytest.mark.parametrize(
    "call", [sw.SplatViewer, sw.Inspector, sw.view, sw.inspect, sw.Studio, sw.compare]
)
def test_arguments_stand_in_the_signature_and_complete_with_tab(call):
    if call is sw.Studio:
        names = ["device", "output_dir", "image_size", "refine"]
    elif call is sw.compare:
        names = ["mode", "blink_s", "align", "color_by", "height"]
    else:
        widget = {sw.view: sw.SplatViewer, sw.inspect: sw.Inspector}.get(call, call)
        names = list(own_traits(widget))
    assert {*names, "layout"} <= set(inspect.signature(call).parameters)
    for name in names:
        assert f"call(None, {name}=" in tab(f"call(None, {name[:4]}", {"call": call})


def tab(text: str, names: dict[str, object], use_jedi: bool = False) -> set[str]:
    """What the line may become when Tab is pressed at its end."""
    completer = pytest.importorskip("IPython.core.completer")
    found = completer.IPCompleter(namespace=names, global_namespace={}, use_jedi=use_jedi)
    found.use_jedi = use_jedi
    with completer.provisionalcompleter():
        return {text[: one.start] + one.text for one in found.completions(text, len(text))}


def test_a_widget_and_a_scene_complete_with_tab(scene):
    things = {"viewer": sw.view(scene), "known": sw.Scene.of(scene), "camera": scene.cameras[0]}
    for text, found in (
        ("viewer.splat_s", "viewer.splat_scale"),
        ("known.opac", "known.opacities"),
        ("known.to_da", "known.to_dataframe"),
        ("camera.T_w", "camera.T_world_camera"),
    ):
        for use_jedi in (False, True):
            assert found in tab(text, things, use_jedi), text
    assert isinstance(things["viewer"].layout, ipywidgets.Layout)
