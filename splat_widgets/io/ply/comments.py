"""Comments of a scene as lines of a `.ply`, and back: as `comment …`, or as `obj_info …`.

A scene has a line `obj_info …` whole. So that a comment which begins with that word stays a comment
it is kept with its keyword, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

OBJ_INFO, COMMENT = "obj_info", "comment"
_LOOKS_WHOLE = re.compile(rf"(?:{COMMENT} )*{OBJ_INFO}(?: |$)")


def as_kept(keyword: str, text: str) -> str:
    """What a scene keeps of a line of a header.

    Args:
        keyword: "comment" or "obj_info".
        text: what follows it.
    """
    if keyword == OBJ_INFO:
        return f"{OBJ_INFO} {text}".rstrip()
    return f"{COMMENT} {text}" if _LOOKS_WHOLE.match(text) else text


def header_lines(comments: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Keyword and text of each line that a header has of a scene's comments."""
    for line in comment_lines(comments):
        found = _LOOKS_WHOLE.match(line)
        keyword, _, text = line.partition(" ") if found else (COMMENT, "", line)
        yield keyword, text


def comment_lines(comments: Iterable[str]) -> Iterator[str]:
    """Comment lines that no header parser can stumble over."""
    for comment in comments:
        for line in comment.splitlines():
            text = "".join(c if c.isprintable() else " " for c in line)
            # Many viewers look for the first "end_header" anywhere in the file.
            text = text.replace("end_header", "end-header")
            yield text.encode("ascii", "backslashreplace").decode()
