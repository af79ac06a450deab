"""The record of what a run took."""

from types import SimpleNamespace

from splat_widgets.jobs.metrics import Metrics

SCENE = SimpleNamespace(
    timings=SimpleNamespace(
        device="cuda:0", peak_memory_bytes=3 * 2**30, peak_device_memory_bytes=2**30
    ),
    photos=(1, 2, 3),
    gaussians=range(32768),
)


def test_a_record_of_a_scene_and_its_line():
    metrics = Metrics.of("done", 6.5, (("load", 1.0), ("encode", 5.5)), SCENE)
    assert (metrics.device, metrics.num_photos, metrics.num_gaussians) == ("cuda:0", 3, 32768)
    assert str(metrics) == (
        "done in 6.50 s, load 1.00 s, encode 5.50 s, on cuda:0, memory 3 GiB, "
        "device memory 1 GiB, 3 photos, 32,768 Gaussians"
    )


def test_a_record_without_a_scene():
    assert str(Metrics.of("cancelled", 2.0, (), None)) == "cancelled in 2.00 s"
