"""Names that people try first, and the call that does it: the only table of such hints.

>>> scene.xyz
AttributeError: a Scene has no attribute 'xyz'; use `scene.means`
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

_OF_GAUSSIANS = {  # field: names that other projects and formats have for it
    "means": "xyz get_xyz pos position positions centers centres points3d vertices mean",
    "scales": "scale scaling get_scaling sigmas stds log_scales sizes",
    "quaternions": "rotation rotations rots quats quat get_rotation orientations",
    "opacities": "opacity get_opacity alpha alphas opacity_logits",
    "sh": "shs features features_dc features_rest f_dc f_rest sh0 shN harmonics get_features",
    "covariances": "cov covs cov3d covariance get_covariance",
    "to_numpy()": "numpy arrays asarray to_array as_numpy to_dict",
    "means.dtype": "dtype",
    "to('cpu')": "cpu",
    "to('cuda')": "cuda gpu",
}

GUESSES: dict[str, dict[str, str]] = {
    "Scene": {
        **{f"scene.{way}": names for way, names in _OF_GAUSSIANS.items()},
        "scene.gaussians.detach()": "detach requires_grad_ no_grad",
        "0.5 + 0.2820948 * scene.sh[:, 0]": "rgb rgbs color colors colour colours",
        "len(scene)": "shape size count num_gaussians num_points n N num_splats",
        "scene[mask]": "filter where query mask masked subset take iloc loc keep drop remove prune",
        "scene[sw.regions.in_box(scene, low, high)]": "crop clip box bounding_box",
        "sw.regions.floaters(scene)": "floaters clean outliers",
        "scene.to_dataframe()": "df dataframe to_pandas pandas table columns",
        "scene.describe()": "stats statistics info summary",
        "sw.attributes.values(scene, name)": "attribute get values column",
        "sw.attributes.available(scene)": "attributes keys names fields",
        "scene.show()": "plot display draw visualize visualise widget viewer",
        "sw.inspect(scene)": "inspect inspector explore",
        "sw.compare(scene, other)": "compare diff difference versus side_by_side",
        "scene.save('scene.ply')": "write export to_ply save_ply write_ply export_ply dump to_file",
        "scene.export_colmap('folder')": "colmap to_colmap save_colmap export_cameras to_training",
        "scene.export_nerfstudio('folder')": "nerfstudio transforms to_nerfstudio transforms_json",
        "sw.load('scene.ply')": "load read open from_ply load_ply read_ply from_file",
        "sw.reconstruct('a.jpg', 'b.jpg')": "from_photos from_images fit train predict",
        "scene.render().color": "rgb_image picture rasterize rasterise to_image screenshot",
        "scene.render().depth": "depth depths depth_map depth_maps",
        "sw.turntable(scene)": "turntable orbit trajectory",
        "scene.film('flight.mp4')": "fly flythrough movie",
        "sw.write_video('scene.mp4', scene)": "video to_video save_video animate write_video",
        "sw.write_page('scene.html', scene)": "html to_html save_html write_page",
        "scene.cameras[0]": "camera cam first_camera viewpoint",
        "scene.cameras[0].T_world_camera": "poses pose extrinsics c2w T_world_camera",
        "scene.cameras[0].focal_px": "focal focal_px focals intrinsics K fx",
        "scene.photos[0].pixels": "images image imgs views inputs",
        "scene.maps[0].points": "pointmap pointmaps pts3d point_maps",
        "scene.confidence": "conf confidences certainty",
        "scene.provenance": "model weights license licence",
        "scene.timings": "time seconds elapsed runtime",
        "scene.notices": "warnings messages log",
        "a + b": "concat cat concatenate join append extend combine",
        "a.merged(b, T_a_b)": "merge",
        "copy.copy(scene)": "copy clone",
        "torch.equal(a.means, b.means)": "equals equal allclose is_close",
        "scene.means.amin(0), scene.means.amax(0)": "bounds bbox extent min max",
        "scene.transformed(T)": "transform apply_transform align register",
        "scene.moved((x, y, z))": "move translate center shift",
        "scene.turned(axis, angle_deg)": "rotate turn rotated",
        "scene.scaled(factor)": "rescale scale_by resize normalize normalise",
        "scene.scaled_to(p, q, metres)": "measure set_scale",
        "scene.levelled()": "level orient upright leveled align_up",
    },
    "Gaussians": {
        **{f"gaussians.{way}": names for way, names in _OF_GAUSSIANS.items()},
        "0.5 + 0.2820948 * gaussians.sh[:, 0]": "rgb rgbs color colors colour colours",
        "len(gaussians)": "shape size count num_gaussians num_points n N",
        "gaussians[mask]": "filter where query mask masked subset take keep drop remove prune",
        "sw.view(gaussians)": "show view plot display visualize",
        "sw.save(gaussians, 'scene.ply')": "save write export to_ply save_ply",
        "sw.load('scene.ply').gaussians": "load read from_ply load_ply",
        "sw.render(gaussians, camera)": "render rasterize",
        "sw.attributes.describe(gaussians)": "describe stats",
        "sw.attributes.to_dataframe(gaussians)": "to_dataframe df to_pandas",
        "a + b": "cat concat merge",
        "gaussians.transformed(T_target_world)": "transform rotate translate move",
    },
    "Camera": {
        "camera.focal_px": "focal fx fy f K intrinsics",
        "camera.principal_point_px": "cx cy principal_point center_px",
        "camera.T_world_camera": "pose c2w cam2world camera_to_world matrix T extrinsics",
        "camera.T_camera_world": "w2c world2cam world_to_camera viewmat view_matrix",
        "camera.T_world_camera[:3, :3]": "R rotation",
        "camera.center_world": "position center centre origin t translation location",
        "(camera.width, camera.height)": "size resolution shape",
        "math.degrees(2 * math.atan(camera.height / 2 / camera.focal_px))": "fov fov_deg fovy",
        "camera.resized(width, height)": "resize scale scaled",
        "sw.render(scene, camera)": "render",
    },
    "Rendering": {
        "rendering.color": "rgb image colour picture img pixels numpy",
        "rendering.alpha": "mask opacity coverage a accumulation",
        "rendering.depth": "z depths depth_map disparity",
        "rendering.color.shape": "shape size",
        "rendering.save('picture.png')": "write to_png imsave export",
    },
    "splat_widgets": {
        "sw.load('scene.ply')": "read open load_ply read_ply from_ply load_scene open_scene",
        "sw.repair('old.ply')": "fix fix_ply mend repair_ply",
        "sw.save(scene, 'scene.ply')": "write export save_ply write_ply to_ply dump",
        "sw.reconstruct('a.jpg', 'b.jpg')": "predict run infer generate from_photos from_images",
        "sw.view(scene)": "show plot display visualize visualise Viewer View imshow",
        "sw.inspect(scene)": "explore Inspect",
        "sw.compare(scene, other)": "Compare diff difference side_by_side versus wipe blink",
        "sw.Studio()": "gui ui launch start open_studio",
        "sw.UploadPanel()": "Upload FileUpload",
        "sw.attributes.describe(scene)": "describe stats summary",
        "sw.attributes.to_dataframe(scene)": "to_dataframe dataframe table",
        "sw.attributes.values(scene, name)": "values get attribute",
        "sw.regions.floaters(scene)": "floaters clean",
        "sw.write_video('scene.mp4', scene)": "video save_video orbit",
        "sw.write_page('scene.html', scene)": "to_html html save_html",
        "a + b": "merge cat concat",
        "sw.load_model('embedded')": "Model model get_model load_weights from_pretrained Splatt3R",
        "sw.Gaussians(means=…, scales=…, …)": "Splats GaussianModel GaussianSplats PointCloud",
        "sw.Camera.centred(focal_px, width, height)": "camera Pinhole PinholeCamera",
        "from splat_widgets.embedded import demo_pair": "demo example demo_pair samples",
        "from splat_widgets.health import health": "info doctor versions",
    },
}
"""Type, or the package: the right call: names that are tried for it, with spaces between."""


def way(owner: str, name: str) -> str | None:
    """The call that does what a name of `owner` was tried for; None where no guess is known."""
    for call, names in GUESSES.get(owner, {}).items():
        if name in names.split():
            return call
    return None


def missing(owner: str, name: str) -> str:
    """The message for a name that a type does not have."""
    call = way(owner, name)
    article = "an" if owner[0] in "AEIOU" else "a"
    return f"{article} {owner} has no attribute {name!r}" + (f"; use `{call}`" if call else "")


class Guessed:
    """A record that answers a guess with the right call."""

    if not TYPE_CHECKING:  # a type checker still refuses names that are not there

        def __getattr__(self, name: str) -> Any:
            there = None if name.startswith("__") else getattr(type(self), name, None)
            if hasattr(there, "__get__"):  # a property raised: once more, for its own text
                return there.__get__(self, type(self))
            raise AttributeError(missing(type(self).__name__, name), name=name, obj=self)
