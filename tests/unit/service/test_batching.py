"""Jobs that share a device: computed together, each with what it would get alone."""

import threading
import time

import pytest
import torch

import splat_widgets as sw
from splat_widgets.embedded import demo_pair
from splat_widgets.jobs.explain import OUT_OF_MEMORY, explain
from splat_widgets.models.splatt3r import PairPredictor
from splat_widgets.models.weights import load_model
from splat_widgets.photos.photo import load_photos
from splat_widgets.reconstruction import Cancelled
from splat_widgets.service.batching import BatchingPredictor, Gatherer
from splat_widgets.service.model import ServiceModel

from .conftest import settings


def test_what_arrives_while_the_device_is_busy_becomes_one_batch():
    gatherer, inside, leave = Gatherer(), threading.Event(), threading.Event()
    batches = []

    def compute(values):
        batches.append(values)
        inside.set()
        assert leave.wait(20)
        return [10 * value for value in values]

    found = {}

    def ask(value, tick=lambda _: None):
        found[value] = gatherer.ask("key", [value], compute, 3, tick)[0]

    threads = [threading.Thread(target=ask, args=(value,)) for value in range(5)]
    threads[0].start()
    assert inside.wait(20)
    for thread in threads[1:]:
        thread.start()

    def cancelled(_):
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        gatherer.ask("key", [99], compute, 3, cancelled)
    while len(gatherer._waiting) < 5:
        time.sleep(0.005)
    leave.set()
    for thread in threads:
        thread.join(20)
    assert found == {value: 10 * value for value in range(5)}
    assert [len(batch) for batch in batches] == [1, 3, 1] and batches[0] == [0]
    assert not any(99 in batch for batch in batches)


def test_an_error_reaches_every_job_of_a_batch_and_the_next_one_goes_on():
    gatherer = Gatherer()

    def broken(_):
        raise MemoryError

    with pytest.raises(MemoryError):
        gatherer.ask("a", [1], broken, 2, lambda _: None)
    assert gatherer.ask("b", [1, 2], lambda values: values, 2, lambda _: None) == [1, 2]


def test_a_batch_that_does_not_fit_is_halved_and_only_what_fits_nowhere_fails():
    gatherer, inside, leave = Gatherer(), threading.Event(), threading.Event()
    found: dict[int, object] = {}

    def compute(values):
        inside.set()
        assert leave.wait(20)
        if sum(values) > 100:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return [10 * value for value in values]

    def ask(value):
        try:
            found[value] = gatherer.ask("key", [value], compute, 8, lambda _: None)[0]
        except torch.OutOfMemoryError as error:
            found[value] = explain(error)

    values = [1, 60, 2, 101, 50, 3]
    threads = [threading.Thread(target=ask, args=(value,)) for value in values]
    threads[0].start()
    assert inside.wait(20)
    for number, thread in enumerate(threads[1:], start=1):
        thread.start()
        while len(gatherer._waiting) < number:
            time.sleep(0.005)
    leave.set()
    for thread in threads:
        thread.join(20)
    assert found == {**{value: 10 * value for value in values}, 101: OUT_OF_MEMORY}
    assert gatherer.sizes == [1, 5, 3, 2, 1, 2] and gatherer.halved == 2
    assert gatherer.ask("key", [1, 2, 3], compute, 8, lambda _: None) == [10, 20, 30]
    assert gatherer.sizes[-2:] == [2, 1]  # it has learnt that three did not fit
    assert gatherer.ask("other", [1, 2, 3], compute, 8, lambda _: None) == [10, 20, 30]
    assert gatherer.sizes[-1] == 3


def test_jobs_of_a_batch_get_what_they_get_alone(room_photos, tmp_path):
    model = ServiceModel(settings(tmp_path, model="embedded", device="cpu", workers=3, batch=6))
    predictor = model.load()
    assert isinstance(predictor, BatchingPredictor) and predictor.most == 6
    orders = (room_photos, room_photos[::-1], (*room_photos, room_photos[0]))
    alone = PairPredictor(predictor.network)

    def scene(photos, one):
        return sw.reconstruct(photos, model=one, refine=False, progress=False)

    together: dict[int, sw.Scene] = {}
    threads = [
        threading.Thread(target=lambda n=n: together.setdefault(n, scene(orders[n], predictor)))
        for n in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    for number, photos in enumerate(orders):
        expected, got = scene(photos, alone), together[number]
        depth = expected.means.norm(dim=-1).median()
        assert len(got) == len(expected)
        assert (got.means - expected.means).abs().max() < 1e-4 * depth
        assert (got.sh - expected.sh).abs().max() < 1 / 255
    single = ServiceModel(settings(tmp_path, model="embedded", device="cpu")).load()
    assert type(single) is PairPredictor
    one = scene(room_photos, BatchingPredictor(predictor.network))
    assert torch.equal(one.means, scene(room_photos, alone).means)  # alone in its batch


def test_a_job_alone_gets_the_bits_of_the_local_model_in_both_orders_of_a_pair():
    model, shown = load_model("embedded"), load_photos(demo_pair(), image_size=128)
    local, shared = PairPredictor(model), BatchingPredictor(model)
    pairs, steps = [(0, 1), (1, 0)], []
    with torch.no_grad():
        tokens = [local.encode(one, lambda *_: None) for one in shown]
        expected = local.predict(tokens, pairs, lambda *_: None)
        found = shared.predict(tokens, pairs, lambda *step: steps.append(step))
    for one, other in zip(expected.groups, found.groups, strict=True):
        assert one.photos == other.photos
        for mine, theirs in zip(one.maps, other.maps, strict=True):
            assert torch.equal(mine.points, theirs.points) and torch.equal(mine.sh, theirs.sh)
    done = [step[1] for step in steps if step[0] == "decode"]
    assert done == sorted(done) and set(done) == {0, 1}
