import io

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def jpeg():
    """Makes JPEG bytes of noise: `jpeg(width, height, seed=0, orientation=1)`."""

    def make(width=64, height=48, *, seed=0, orientation=1):
        pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
        exif = Image.Exif()
        exif[0x0112] = orientation
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=95, exif=exif)
        return file.getvalue()

    return make
