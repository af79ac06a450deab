"""An evaluation as Markdown tables."""

from splat_widgets.training.evaluate.table import (
    POINT_COLUMNS,
    POINT_METHODS,
    cells,
    label,
    markdown,
    table,
)


def test_tables_hold_every_method_in_every_range(evaluation):
    text = table(evaluation)
    for index, scope in enumerate(evaluation.ranges):
        part = text.split(f"**{scope.title}** ({scope.num_scenes} scenes)")[1].split("\n\n")[1]
        rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in part.splitlines()]
        assert rows[0] == ["", *POINT_COLUMNS.values()]
        assert len(rows) == 2 + len(POINT_METHODS) and len({len(row) for row in rows}) == 1
        for method, row in zip(POINT_METHODS, rows[2:], strict=True):
            summary = getattr(evaluation, method)[index]
            assert row[0] == label(method, summary)
            assert row[3] == ("–" if summary.aligned1 is None else f"{summary.aligned1:.3f}")


def test_numbers_have_the_digits_of_their_unit(evaluation):
    part = evaluation.stereo[0]
    values = {
        "with_pose": 0.253,
        "rotation_deg": 1.26,
        "psnr": 20.123,
        "ssim": 0.51234,
        "error1": None,
    }
    given = type("Part", (), values)
    assert cells(given, dict.fromkeys(values)) == ["25%", "1.3", "20.12", "0.512", "–"]
    assert label("stereo", part).startswith(f"classical stereo ({part.with_points:.0%} of the")


def test_a_table_is_markdown():
    assert markdown([["a", "b"], ["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
