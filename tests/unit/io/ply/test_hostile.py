"""Files of the seeded corpus, and files that hypothesis makes, end in a scene or in our error."""

from itertools import groupby

import numpy as np
import pytest
from hostile import ply as corpus
from hostile.case import Case
from hostile.trial import check
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from splat_widgets.io import FormatError
from splat_widgets.io.ply import read

CASES = list(corpus.cases())
FAST = {
    group: list(those)
    for group, those in groupby(
        sorted((case for case in CASES if not case.is_slow), key=lambda case: case.group),
        key=lambda case: case.group,
    )
}
BOUNDED = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def test_the_corpus_is_large_and_each_case_is_named_once():
    assert len(CASES) >= 60 and len({(c.group, c.name) for c in CASES}) == len(CASES)


@pytest.mark.parametrize("group", FAST)
def test_files_of_the_corpus_end_well(tmp_path, group):
    for case in FAST[group]:
        check(case, tmp_path / "a.ply", corpus.opens)


words = st.sampled_from(
    "ply format ascii binary_little_endian binary_big_endian 1.0 comment obj_info element vertex "
    "property list uchar int float double x y z opacity scale_0 rot_0 f_rest_0 end_header 0 1 37 "
    "4294967295 -1 nan \ufeff é".split()
)
lines = st.lists(st.lists(words, max_size=5).map(" ".join), max_size=12)


@BOUNDED
@given(before=lines, after=lines, end=st.sampled_from(["\n", "\r\n", "\r", " \n\n"]))
def test_any_header_is_read_or_refused(tmp_path, before, after, end):
    file = corpus.File(corpus.columns_of(3, 0, 1), np.arange(3), "ascii")
    inner = file.head().decode().splitlines()
    text = [*inner[:2], *before, *inner[2:-1], *after, inner[-1]]
    _read_or_refused(tmp_path, (end.join(text) + end).encode() + file.body())


@BOUNDED
@given(
    layout=st.sampled_from(list(corpus.LAYOUTS)),
    start=st.integers(0, 10_000),
    removed=st.integers(0, 40),
    added=st.binary(max_size=40),
)
def test_any_change_of_bytes_is_read_or_refused(tmp_path, layout, start, removed, added):
    file = corpus.File(corpus.columns_of(11, 1, 2), np.arange(11), **corpus.LAYOUTS[layout])
    content = file.whole()
    start %= len(content)
    _read_or_refused(tmp_path, content[:start] + added + content[start + removed :])


@BOUNDED
@given(
    column=st.sampled_from(["x", "opacity", "scale_1", "rot_2", "f_dc_0", "f_rest_3"]),
    numbers=st.lists(st.floats(width=32), min_size=4, max_size=4),
)
def test_any_numbers_give_finite_gaussians(tmp_path, column, numbers):
    file = corpus.File(corpus.columns_of(4, 1, 3), np.arange(4), "binary_little_endian")
    file.columns[column][:] = numbers
    _read_or_refused(tmp_path, file.whole())


def _read_or_refused(folder, content: bytes) -> None:
    case = Case("any", "any", lambda: content, "either", ".ply")
    check(case, folder / "a.ply", corpus.opens)
    path = folder / "a.ply"
    try:
        kept = len(read(path))
        assert len(read(path, on_bad="raise")) == kept or kept == 0
    except FormatError as error:
        assert len(str(error)) < 1000
