"""Browsers play the videos that we write."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page

from splat_widgets.render import write_frames

pytestmark = pytest.mark.browser

# Resolves with what the first and the last frame show in the middle of each half.
PLAY = """
async ([type, data]) => {
    const video = document.createElement('video');
    video.muted = true;
    video.src = `data:${type};base64,${data}`;
    const seen = async (seconds) => {
        await new Promise((resolve, reject) => {
            video.onerror = () => reject(new Error(video.error.message));
            video.onseeked = resolve;
            video.currentTime = seconds;
        });
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
        const context = canvas.getContext('2d');
        context.drawImage(video, 0, 0);
        const at = (x) => Array.from(context.getImageData(x, 24, 1, 1).data.slice(0, 3));
        return [at(16), at(48)];
    };
    const pictures = [await seen(0.01), await seen(0.95)];
    return { pictures, size: [video.videoWidth, video.videoHeight], seconds: video.duration };
}
"""
LEFT, RIGHT = (30, 60, 200), (220, 200, 40)


def clip(path: Path) -> Path:
    """One second: the left half bright, then the right half."""
    frames = []
    for k in range(10):
        frame = np.full((48, 64, 3), LEFT, np.uint8)
        frame[:, slice(0, 32) if k < 5 else slice(32, 64)] = RIGHT
        frames.append(frame)
    return write_frames(path, frames, fps=10)


@pytest.mark.parametrize("suffix", ["mp4", "webm"])
def test_chromium_plays_it(page: Page, tmp_path: Path, suffix: str):
    data = clip(tmp_path / f"clip.{suffix}").read_bytes()
    got = page.evaluate(PLAY, [f"video/{suffix}", base64.b64encode(data).decode()])
    assert got["size"] == [64, 48] and got["seconds"] == pytest.approx(1, abs=0.11)
    np.testing.assert_allclose(got["pictures"][0], [RIGHT, LEFT], atol=16)
    np.testing.assert_allclose(got["pictures"][1], [LEFT, RIGHT], atol=16)
