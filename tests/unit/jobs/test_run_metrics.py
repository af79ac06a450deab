"""The record of what a run took."""

from types import SimpleNamespace

from splat_widgets.jobs.run_metrics import RunMetrics

SCENE = SimpleNamespace(
    timings=SimpleNamespace(
        device="cuda:0", peak_memory_bytes=3 * 2**30, peak_device_memory_bytes=2**30
    ),
    photos=(1, 2, 3),
    gaussians=range(32768),
)


def test_a_record_of_a_scene_():
    metrics = RunMetrics.of("done", 6.5, (("load", 1.0), ("encode", 5.5)), SCENE)
    assert (metrics.device, metrics.num_photos, metrics.num_gaussians) == ("cuda:0", 3, 32768)
    assert metrics.stages == (("load", 1.0), ("encode", 5.5))
    assert (metrics.peak_memory_bytes, metrics.peak_device_memory_bytes) == (3 * 2**30, 2**30)


def test_a_record_without_a_scene():
    metrics = RunMetrics.of("cancelled", 2.0, (), None)
    assert (metrics.device, metrics.num_photos, metrics.num_gaussians) == ("", None, None)
