"""What a file is that holds no scene, and how to make one of it."""

from __future__ import annotations

from splat_widgets.io.head import GZIP, ZIP, Head

_MESH = "a mesh has surfaces and no Gaussians"
_GAUSSIANS = "train Gaussians on its photos, or open the file that they were trained to"
# The first bytes, and what a file that begins so is.
_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"glTF", f"is a glTF of something else; {_MESH}"),
    (b"solid ", f"is an STL; {_MESH}"),
    (b"Kaydara FBX", f"is an FBX; {_MESH}"),
    (b"PXR-USDC", "is a USD scene; export its Gaussians as .ply from the program that made it"),
    (b"#usda", "is a USD scene; export its Gaussians as .ply from the program that made it"),
    (b"LASF", f"is a LAS point cloud, and points are no Gaussians; {_GAUSSIANS}"),
    (b"# .PCD", f"is a PCD point cloud, and points are no Gaussians; {_GAUSSIANS}"),
    (b"# .pcd", f"is a PCD point cloud, and points are no Gaussians; {_GAUSSIANS}"),
    (b"\xff\xd8\xff", "is a JPEG photo; `sw.reconstruct` makes a scene of photos"),
    (b"\x89PNG", "is a PNG picture; `sw.reconstruct` makes a scene of photos"),
    (b"\x80\x02", "is a pickle, such as a trainer's checkpoint; export a .ply from the trainer"),
    (b"\x89HDF", "is an HDF5 file; export a .ply from the program that made it"),
    (b"\x93NUMPY", "is a NumPy array; make `sw.Gaussians(...)` of its columns"),
    (
        b"version https://git-lfs",
        "is a Git LFS pointer, not the scene; run `git lfs pull` where it lies",
    ),
    (b"<", "is a web page or an XML text; download the file itself"),
)
_MEMBERS: tuple[tuple[str, str], ...] = (
    (".usdc", "is a USDZ; export its Gaussians as .ply from the program that made it"),
    (".usda", "is a USDZ; export its Gaussians as .ply from the program that made it"),
    (".pkl", "is a PyTorch file, such as a trainer's checkpoint; export a .ply from the trainer"),
    (".npy", "is a NumPy archive; make `sw.Gaussians(...)` of its arrays"),
    (".ply", "is a zip archive with a .ply in it; unpack it and open that"),
    (".splat", "is a zip archive with a .splat in it; unpack it and open that"),
    (".spz", "is a zip archive with a .spz in it; unpack it and open that"),
)


def refusal(head: Head) -> str | None:
    """Why a file of no known format is no scene, and what to do; None if nothing is known of it."""
    data = head.data
    if not data:
        return "is empty"
    for start, reason in _STARTS:
        if data.startswith(start):
            return reason
    if data.startswith(ZIP):
        for suffix, reason in _MEMBERS:
            if any(name.endswith(suffix) for name in head.members):
                return reason
        if head.members:
            return "is a zip archive without a scene; unpack it and open the scene in it"
        return None  # damaged: the reader that its name asks for says how
    if data.startswith(GZIP) and head.inflated:
        inside = "a .ply" if head.inflated[:3].lower() == b"ply" else "another file"
        return f"is a gzip file with {inside} in it; unpack it and open that"
    if not data.strip(b"\0"):
        return "begins with zeros only: it was not copied or downloaded whole; copy it again"
    return _of_text(data)


def _of_text(data: bytes) -> str | None:
    """Of texts: meshes and models of other programs, told by their lines."""
    lines = [line.split() for line in data[:4096].lower().splitlines()]
    words = {line[0] for line in lines if line}
    if {b"v", b"f"} <= words or {b"mtllib"} & words:
        return f"is an OBJ; {_MESH}"
    if data[:4096].lstrip().startswith(b"OFF"):
        return f"is an OFF; {_MESH}"
    if b"camera_model" in data[:4096] or b"transform_matrix" in data[:4096]:
        return f"holds cameras of photos and no Gaussians; {_GAUSSIANS}"
    return None
