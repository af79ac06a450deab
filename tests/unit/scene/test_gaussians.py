from dataclasses import replace

import builders
import numpy as np
import pytest
import torch

from splat_widgets.geometry.rotations import rotation_matrix
from splat_widgets.scene.gaussians import Gaussians, cat
from splat_widgets.scene.scene import Scene


def make(count: int = 10, degree: int = 0, seed: int = 0) -> Gaussians:
    return builders.make_gaussians(count, degree, seed)


def test_mask_and_indices_agree():
    gaussians = make()
    mask = np.arange(10) % 3 == 0
    for which in (
        mask,
        mask.tolist(),
        torch.from_numpy(mask),
        [0, 3, 6, 9],
        np.array([0, 3, 6, 9]),
    ):
        picked = gaussians.select(which)
        torch.testing.assert_close(picked.means, gaussians.means[::3])
        torch.testing.assert_close(picked.sh, gaussians.sh[::3])


def test_an_empty_selection_is_a_record():
    assert len(make().select([])) == 0
    assert len(make().select(torch.zeros(10, dtype=torch.bool))) == 0


@pytest.mark.parametrize(
    ("which", "error", "message"),
    [
        (np.ones(9, bool), ValueError, "length 10"),
        (np.array([0.5]), TypeError, "booleans or integers"),
        ([10], IndexError, "below 10"),
        (np.ones((10, 1), bool), ValueError, "flat"),
    ],
)
def test_bad_selections_say_why(which, error, message):
    with pytest.raises(error, match=message):
        make().select(which)


def test_what_is_no_selection_is_refused_by_name():
    for which in (None, np.ones(10, np.uint8)):
        with pytest.raises(TypeError, match="expected"):
            make().select(which)


def test_types_are_one_floating_type():
    with pytest.raises(TypeError, match="one floating type"):
        replace(make(), opacities=torch.ones(10, dtype=torch.float64))
    with pytest.raises(TypeError, match="one floating type"):
        Gaussians(*(v.long() for v in vars(make()).values()))


def test_records_compare_by_identity():
    one, same = make(), make()
    assert one == one and one != same and one in [same, one]


def test_cat_and_select_are_inverse():
    a, b = make(4, 1, 1), make(6, 1, 2)
    both = cat([a, b])
    torch.testing.assert_close(both.select(range(4, 10)).quaternions, b.quaternions)
    with pytest.raises(ValueError, match="one SH degree"):
        cat([a, make(2, 0)])
    with pytest.raises(ValueError, match="at least one"):
        cat([])


def test_shapes_are_checked_by_name():
    with pytest.raises(ValueError, match=r"opacities of shape \(10,\), got \(10, 1\)"):
        replace(make(), opacities=torch.ones(10, 1))
    with pytest.raises(ValueError, match="1, 4, 9 or 16"):
        replace(make(), sh=torch.zeros(10, 2, 3))


def test_a_transform_moves_covariances_like_points():
    gaussians = make(50)
    T = torch.eye(4)
    R = rotation_matrix(torch.tensor([0.3, 0.5, -0.7, 0.2]))
    T[:3, :3], T[:3, 3] = 2.5 * R, torch.tensor([1.0, 2.0, 3.0])
    moved = gaussians.transformed(T)
    torch.testing.assert_close(
        moved.covariances, 2.5**2 * R @ gaussians.covariances @ R.mT, atol=1e-4, rtol=1e-4
    )
    torch.testing.assert_close(moved.means, gaussians.means @ (2.5 * R).mT + T[:3, 3])


def test_transforms_that_cannot_be_represented_are_refused():
    with pytest.raises(ValueError, match="one positive scale"):
        make().transformed(torch.diag(torch.tensor([1.0, 2.0, 1.0, 1.0])))
    with pytest.raises(ValueError, match="one positive scale"):
        make().transformed(torch.diag(torch.tensor([1.0, 1.0, -1.0, 1.0])))
    projective = torch.eye(4)
    projective[3, 0] = 1.0
    with pytest.raises(ValueError, match="last row"):
        make().transformed(projective)
    with pytest.raises(ValueError, match="4x4"):
        make().transformed(np.eye(3))


def test_numpy_arrays_are_float32_by_name():
    arrays = make(degree=2).to(dtype=torch.float64).to_numpy()
    assert list(arrays) == ["means", "scales", "quaternions", "opacities", "sh"]
    assert {a.dtype for a in arrays.values()} == {np.dtype("float32")}


def test_repr_is_short():
    assert repr(make()) == "Gaussians(10, SH degree 0, cpu)"


def as_arrays(gaussians, **kinds):
    return {
        name: array.astype(kinds.get(name, np.float32))
        for name, array in gaussians.to_numpy().items()
    }


def test_numpy_arrays_and_lists_become_tensors(gaussians):
    same = Gaussians(**as_arrays(gaussians))
    assert same.means.dtype == torch.float32
    assert all(torch.equal(getattr(same, n), getattr(gaussians, n)) for n in same.to_numpy())
    one = Gaussians([[0, 0, 3]], [[0.1, 0.1, 0.1]], [[1, 0, 0, 0]], [1], [[[0, 0, 0]]])
    assert len(one) == 1 and one.means.dtype == torch.float32
    # The widest type of the arrays counts, or that of the tensors beside them.
    assert Gaussians(**as_arrays(gaussians, means=np.float64)).sh.dtype == torch.float64
    beside = as_arrays(gaussians, means=np.float64) | {"sh": gaussians.sh}
    assert Gaussians(**beside).means.dtype == torch.float32


def test_arrays_are_copied(gaussians):
    arrays = as_arrays(gaussians)
    arrays["means"].setflags(write=False)
    mine = Gaussians(**arrays)
    mine.means[0] = 7
    assert not (arrays["means"][0] == 7).any()


def test_what_is_no_array_of_numbers_is_refused(gaussians):
    with pytest.raises(TypeError, match="expected opacities as numbers, got list"):
        Gaussians(**as_arrays(gaussians) | {"opacities": ["a"] * 200})
    with pytest.raises(ValueError, match=r"expected sh of shape \(200, K, 3\).*; sh\[:, None\]"):
        Gaussians(**as_arrays(gaussians) | {"sh": np.zeros((200, 3))})


def test_to_another_type_and_back(gaussians):
    double = gaussians.to(dtype=torch.float64)
    assert double.means.dtype == torch.float64 and double.to("cpu").sh.dtype == torch.float64
    known = Scene(gaussians).to(torch.float64)
    assert known.means.dtype == torch.float64 and torch.equal(known.sh, double.sh)
