"""The plain ipywidgets panel, with the values of both major versions of FileUpload."""

import datetime

from splat_widgets.upload import FileUploadPanel


def version_7(**files):
    return {
        name: {
            "metadata": {"name": name, "type": "image/jpeg", "size": len(data), "lastModified": 0},
            "content": data,
        }
        for name, data in files.items()
    }


def version_8(**files):
    when = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    return tuple(
        {
            "name": name,
            "type": "image/jpeg",
            "size": len(data),
            "last_modified": when,
            "content": memoryview(data),
        }
        for name, data in files.items()
    )


def test_photos_errors_and_text(jpeg):
    panel = FileUploadPanel(max_images=2)
    panel._on_upload({"new": version_8(**{"a.jpg": jpeg(), "<b>.jpg": b"nonsense"})})
    assert [photo.name for photo in panel.photos] == ["a.jpg"]
    assert [problem.name for problem in panel.errors] == ["<b>.jpg"]
    assert "&lt;b&gt;.jpg" in panel._list.value and "<b>.jpg" not in panel._list.value
    panel._on_upload({"new": version_7(**{"c.jpg": jpeg(seed=1), "d.jpg": jpeg(seed=2)})})
    assert [photo.name for photo in panel.photos] == ["a.jpg", "c.jpg"]
    assert "full (2 photos)" in panel.errors[-1].reason
    panel.reset()
    assert panel.photos == panel.errors == ()
