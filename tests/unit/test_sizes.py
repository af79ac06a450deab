import pytest

from splat_widgets.sizes import about_gigabytes, format_bytes


@pytest.mark.parametrize(
    ("num_bytes", "text"),
    [  # the same as in `client/test/page/sizes.test.ts`
        (0, "0 B"),
        (12, "12 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (35_652_000, "35.7 MB"),
        (50_000_000, "50 MB"),
        (2_500_000_000, "2.5 GB"),
        (7_000_000_000_000, "7000 GB"),
    ],
)
def test_sizes_are_told_in_decimal_units(num_bytes, text):
    assert format_bytes(num_bytes) == text


def test_estimates_are_rough():
    assert about_gigabytes(614_000_000) == "0.6 GB"
    assert about_gigabytes(3_400_000_000) == "3 GB"
