"""Browsers play the videos that we write."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page

from splat_widgets.rendering import write_frames

pytestmark = pytest.mark.browser

# Resolves with what the first and the last frame show in the middle of each half, each as soon as
# it is what is expected: Chromium may say "seeked" while it still draws the frame before.
PLAY = """
async ([type, data, expected]) => {
    const video = document.createElement('video');
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const event = (name) => new Promise((resolve, reject) => {
        video.onerror = () => reject(new Error(video.error.message));
        video.addEventListener(name, resolve, { once: true });
    });
    const colours = () => {
        [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
        context.drawImage(video, 0, 0);
        return [16, 48].map((x) => Array.from(context.getImageData(x, 24, 1, 1).data.slice(0, 3)));
    };
    const near = (one, other) => one.flat().every((v, k) => Math.abs(v - other.flat()[k]) <= 16);
    const seen = async (seconds, wanted) => {
        const found = event('seeked');
        video.currentTime = seconds;
        await found;
        const latest = performance.now() + 10_000;
        while (!near(colours(), wanted) && performance.now() < latest) {
            await new Promise(requestAnimationFrame);
        }
        return colours();
    };
    video.muted = true;
    const loaded = event('loadeddata');
    video.src = `data:${type};base64,${data}`;
    await loaded;
    const pictures = [await seen(0.05, expected[0]), await seen(0.95, expected[1])];
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
    expected = [[RIGHT, LEFT], [LEFT, RIGHT]]
    encoded = base64.b64encode(data).decode()
    got = page.evaluate(PLAY, [f"video/{suffix}", encoded, expected])
    assert got["size"] == [64, 48] and got["seconds"] == pytest.approx(1, abs=0.11)
    np.testing.assert_allclose(got["pictures"], expected, atol=16)
