import math

from splat_widgets.training.run.curves import Curve, as_text, read_curves


def test_columns_become_curves_and_the_logs_of_a_resumed_run_are_joined(tmp_path):
    (tmp_path / "run.csv").write_text("step,loss,note\n0,4.0,a\n20,2.0,b\n10,3.0,c\n20,1.0,d\n")
    for version, text in (
        (2, "epoch,step,train/loss,held_out/loss\n0,5,0.5,\n0,9,,0.7\n0,9,0.45,\n0,12,nan,\n"),
        (10, "epoch,step,train/loss,held_out/loss\n0,9,0.4,\n0,19,0.25,0.6\n"),
    ):
        (tmp_path / "logs" / f"version_{version}").mkdir(parents=True)
        (tmp_path / "logs" / f"version_{version}" / "metrics.csv").write_text(text)
    (tmp_path / "other.csv").write_text("a,b\n1,2\n3,4\n")
    (tmp_path / "zero.csv").write_text("")
    assert set(read_curves(tmp_path)) == {
        Curve("train/loss", (5, 9, 19), (0.5, 0.4, 0.25)),
        Curve("held_out/loss", (9, 19), (0.7, 0.6)),
        Curve("run/loss", (0, 10, 20), (4.0, 3.0, 1.0)),
    }
    assert read_curves(tmp_path / "nothing") == ()


def test_a_falling_curve_falls_and_a_flat_one_stays():
    steps = tuple(range(400))
    falling = Curve("falling", steps, tuple(math.exp(-k / 100) for k in steps))
    lines = as_text([falling, Curve("flat", (0, 5), (2.0, 2.0))]).splitlines()
    course = lines[0].split()[1]
    assert len(course) == 40 and course[0] == "█" and course[-1] == "▁"
    assert list(course) == sorted(course, reverse=True)
    assert "1 -> 0.0185" in lines[0] and "(steps 0 to 399)" in lines[0]
    assert "▁▁  2 -> 2" in lines[1]
