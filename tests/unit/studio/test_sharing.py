"""Studios, threads and linked views that share one model."""

import threading

import torch

import splat_widgets as sw
from splat_widgets.embedded import demo_pair


def hashes(scene: sw.Scene) -> list[float]:
    return [float(scene.gaussians.means.double().sum()), float(scene.gaussians.sh.double().sum())]


def test_two_studios_and_two_threads_get_what_one_alone_gets():
    torch.set_num_threads(1)
    model, pair = sw.load_model("embedded"), demo_pair()
    alone = sw.reconstruct(*pair, model=model, refine=False, progress=False)
    swapped = sw.reconstruct(*pair[::-1], model=model, refine=False, progress=False)
    studios = [sw.Studio(*order, model=model, refine=False) for order in (pair, pair[::-1])]
    found: dict[str, sw.Scene] = {}
    threads = [
        threading.Thread(
            target=lambda n=n, order=order: found.setdefault(
                n, sw.reconstruct(*order, model=model, refine=False, progress=False)
            )
        )
        for n, order in (("forth", pair), ("back", pair[::-1]))
    ]
    for thread in threads:
        thread.start()
    runs = [studio.generate() for studio in studios]
    for thread in threads:
        thread.join()
    scenes = [run.result(120) for run in runs]
    assert all(studio.model is model for studio in studios)
    for got, expected in (
        (found["forth"], alone),
        (scenes[0], alone),
        (found["back"], swapped),
        (scenes[1], swapped),
    ):
        assert torch.equal(got.means, expected.means) and torch.equal(got.sh, expected.sh)
    assert hashes(alone) != hashes(swapped)
    assert studios[0].result is scenes[0] and studios[1].result is scenes[1]


def test_closing_one_studio_leaves_the_other_its_model():
    model = sw.load_model("embedded")
    first, second = (sw.Studio(*demo_pair(), model=model, refine=False) for _ in range(2))
    first.generate().result(120)
    first.close()
    assert len(second.generate().result(120)) == len(first.result)
