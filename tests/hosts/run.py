"""Try every host with every check, and print the table.

    python -m hosts.run --hosts lab,classic --checks save,reload --output build/hosts.md

`nox -s hosts` prepares the hosts and calls this. A check that fails never stops the others. What is
not tried this time keeps its cell of the last time, in a `.json` beside the table.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from hosts import kept, screen
from hosts.checks import CHECKS
from hosts.programs import PROGRAMS
from hosts.records import Absent, Check, Failed, Host, Outcome
from hosts.table import table

CHROMIUM = "chromium"


def main() -> int:
    """Returns 0 even if checks fail: the table is the result."""
    options = _options()
    checks = {
        title: check
        for title, check in CHECKS.items()
        if not options.checks or check.__name__ in options.checks
    }
    output = Path(options.output)
    output.parent.mkdir(parents=True, exist_ok=True)
    path = output.with_suffix(".json")
    with tempfile.TemporaryDirectory(prefix="hosts-") as temporary:
        for name in options.hosts:
            keep = partial(_keep, path, name)
            try:
                _try_host(name, Path(temporary) / name, checks, keep, output.parent)
            except Absent as reason:
                keep("", Outcome("-", str(reason)), "")
            except Exception as error:
                keep("", Outcome("does not", _short(error)), "")
    outcomes, heads = kept.read(path)
    ordered = {name: outcomes[name] for name in PROGRAMS if name in outcomes}
    text = table(ordered, heads, list(CHECKS))
    output.write_text(text + "\n")
    print(f"\n{text}\n\nwritten to {output}")
    return 0


def _keep(path: Path, name: str, title: str, outcome: Outcome, head: str) -> None:
    """Write one outcome at once: a run that is ended early has told what it found."""
    outcomes, heads = kept.read(path)  # another run may have written meanwhile
    outcomes.setdefault(name, {})[title] = outcome
    if title:
        outcomes[name].pop("", None)
    kept.write(path, outcomes, {**heads, name: head or heads.get(name, "")})


def _try_host(
    name: str,
    folder: Path,
    checks: Mapping[str, Check],
    keep: Callable[[str, Outcome, str], None],
    pictures: Path,
) -> None:
    downloads = folder.parent / "downloads"
    opened = screen.firefox(downloads) if name == "firefox" else screen.chromium()
    with opened as context:
        host: Host = PROGRAMS[name](folder, context)
        try:
            host.start()
            head = host.versions()
            for title, check in checks.items():
                began = time.monotonic()
                outcome = _outcome(check, host)
                keep(title, outcome, head)
                spent = time.monotonic() - began
                print(f"{name:9} {check.__name__:10} {spent:5.0f} s  {outcome}", flush=True)
                with contextlib.suppress(Exception):  # a dead page has no picture
                    picture = pictures / f"{name}-{check.__name__}.png"
                    host.page.screenshot(path=picture, timeout=10_000)
                with contextlib.suppress(Exception):
                    host.close()
        finally:
            host.stop()


def _outcome(check: Check, host: Host) -> Outcome:
    try:
        return check(host)
    except Absent as reason:
        return Outcome("-", str(reason))
    except Failed as reason:
        return Outcome("does not", str(reason))
    except Exception as error:  # of playwright, mostly: what was waited for did not come
        return Outcome("does not", _short(error))


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s hosts --", description=__doc__)
    names = {"hosts": list(PROGRAMS), "checks": [check.__name__ for check in CHECKS.values()]}

    def some_of(kind: str):
        def parse(text: str) -> list[str]:
            chosen = text.split(",")
            if unknown := set(chosen) - set(names[kind]):
                raise argparse.ArgumentTypeError(f"{sorted(unknown)}; expected {names[kind]}")
            return chosen

        return parse

    parser.add_argument("--hosts", type=some_of("hosts"), default=names["hosts"])
    parser.add_argument("--checks", type=some_of("checks"), default=[])
    parser.add_argument("--output", default="build/hosts/table.md")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
