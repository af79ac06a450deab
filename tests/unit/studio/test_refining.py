"""The choice on the page, and the rule that it follows when it is left alone."""

import builders
import pytest

from splat_widgets.reconstruction.choices import Choices
from splat_widgets.scene.provenance import Provenance
from splat_widgets.studio.refining import RULE, choice_of, decides, line, refine_of


def test_names_and_arguments_there_and_back() -> None:
    for refine in ("auto", True, False):
        assert refine_of(choice_of(refine)) is refine


@pytest.mark.parametrize("count", range(1, 5))
@pytest.mark.parametrize("source", ["embedded", "official"])
@pytest.mark.parametrize("refine", ["auto", True, False])
def test_the_rule_is_that_of_reconstruct(count, source, refine, tmp_path) -> None:
    class Known(builders.KnownPredictor):
        provenance = Provenance(source, tmp_path, None, "free")

    choices = Choices.checked(count, refine=refine)
    expected = choices.refines(Known(), count) and count > 1
    assert decides(refine, count, source == "embedded") is expected


def test_the_rule_stands_on_the_screen_with_what_it_means_now() -> None:
    assert line("auto", 0, None) == RULE
    assert line("auto", 2, None) == RULE
    assert line("auto", 2, True).endswith("Now: on.")
    assert line("auto", 2, False).endswith("Now: off.")
    assert line(True, 2, True) == ""
