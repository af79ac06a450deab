"""CPU seconds of the prototype on the same pairs and sets, in a process of its own.

It imports the modules of commit fa7de65 by names that are gone: it runs in a checkout of that
commit, with the prototype's folder on its path.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from splat_widgets.refinement.records import PairPrior, Shot

_WORKER = """
import os, pickle, sys, time
out = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)
import cv2, numpy as np, torch
torch.set_num_threads(1)
cv2.setNumThreads(1)
from dense import Net, gray, refine_depth, refine_pose2, up


def of_set(pictures, nets):
    from joint import posed_set
    from sweep_neighbours import sweepN

    nets = {edge: Net(points=None, maps=None, **net) for edge, net in nets.items()}
    began = time.process_time()
    greys = [gray(picture) for picture in pictures]
    side = len(greys[0])
    found = posed_set(greys, [(0, 0)] * len(greys), side, lambda i, j: nets[i, j])
    middle = time.process_time()
    poses = (found or {}).get("own") or {}
    poses = poses if len(poses) > 1 else {}
    grids = [cv2.resize(grey, (256, 256), interpolation=cv2.INTER_AREA) for grey in greys]
    grids = [grid.astype(np.float32) for grid in grids]
    for i in poses:
        edge = next(edge for edge in nets if i in edge and set(edge) <= set(poses))
        base = up(nets[edge].depth[edge.index(i)], 256)
        views = []
        for j in poses:
            if j != i:
                R = poses[j][0] @ poses[i][0].T
                views.append((grids[j], R, poses[j][1] - R @ poses[i][1]))
        sweepN(grids[i], views, found["fo"] / side * 256, base, 0.4, 2.5, True)
    return (middle - began, time.process_time() - middle), len(poses)


while True:
    try:
        told = pickle.load(sys.stdin.buffer)
    except EOFError:
        break
    if "nets" in told:
        pickle.dump(of_set(told["pictures"], told["nets"]), out)
        out.flush()
        continue
    net = Net(points=None, maps=None, **told["net"])
    began = time.process_time()
    greys = [gray(picture) for picture in told["pictures"]]
    pose = refine_pose2(greys[0], greys[1], net, known_f=told["known_px"], **told["crop"])
    middle = time.process_time()
    if told["dense"] and pose["ok"]:
        refine_depth(told["windows"], pose, net, S=256)
    pickle.dump((middle - began, time.process_time() - middle), out)
    out.flush()
"""


class Prototype:
    """The running prototype.

    Args:
        checkout: of commit fa7de65.
        code: the folder of `two_view.py` and `dense.py`.
    """

    def __init__(self, checkout: Path, code: Path) -> None:
        paths = os.pathsep.join([str(checkout.resolve()), str(code.resolve())])
        environment = os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-c", _WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            cwd=code,
        )

    def seconds(
        self, shots: tuple[Shot, Shot], prior: PairPrior, focal_sides: float | None, *, dense: bool
    ) -> tuple[float, float]:
        """CPU seconds of matches and pose, and of depth, of one pair.

        Args:
            shots: both photos.
            prior: the network's.
            focal_sides: the known focal length; None: estimated.
            dense: whether depth is computed too.
        """
        window, side = shots[0].window, shots[0].side_px
        edge = round(window.size * side)
        corners = [
            tuple(np.round(shot.to_pixels(np.array([window.left, window.top]))).astype(int))
            for shot in shots
        ]
        crops = [
            shot.picture[top : top + edge, left : left + edge]
            for shot, (left, top) in zip(shots, corners, strict=True)
        ]
        told = {
            "net": _net(prior, window.size),
            "pictures": [shot.picture for shot in shots],
            "crop": {"S": edge, "off": corners},
            "windows": [cv2.resize(crop, (256, 256)) for crop in crops],
            "known_px": None if focal_sides is None else focal_sides * side,
            "dense": dense,
        }
        return self._asked(told)

    def set_seconds(
        self, pictures: Sequence[np.ndarray], priors: Mapping[tuple[int, int], PairPrior]
    ) -> tuple[tuple[float, float], int]:
        """CPU seconds of the cameras of several photos and of their depths, and how many it placed.

        Args:
            pictures: (S, S, 3) uint8 each.
            priors: the network's, of each pair.
        """
        nets = {edge: _net(prior, 1.0) for edge, prior in priors.items()}
        return self._asked({"pictures": list(pictures), "nets": nets})

    def _asked(self, told: dict[str, Any]) -> Any:
        source, sink = self._process.stdin, self._process.stdout
        assert source is not None and sink is not None
        pickle.dump(told, source)
        source.flush()
        return pickle.load(sink)


def _net(prior: PairPrior, size: float) -> dict[str, Any]:
    """What the prototype takes for the network's word on a pair whose window has this size."""
    still = np.eye(3), np.zeros(3)
    R, t = still if prior.pose is None else (prior.pose.R, prior.pose.t)
    return {
        "depth": list(prior.depths),
        "conf": list(prior.confidences),
        "focal": (prior.focal_sides or 1.0) / size,
        "R": R,
        "t": t,
        "posed": prior.pose is not None,
    }
