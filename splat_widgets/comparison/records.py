"""Records that the comparison's Python and TypeScript share."""

from __future__ import annotations

from typing import Literal

Mode = Literal["grid", "blink", "wipe"]
