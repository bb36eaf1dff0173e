"""What lies around the package: the Makefile, CI, the pins and what pyproject.toml declares."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from email.message import Message
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name as normal

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# The pins of this environment: those of constraints.txt, unless `make` was told to install others.
PINS = ROOT / os.environ.get("CONSTRAINTS", "constraints.txt")
OF_CUDA = ("cuda-", "nvidia-", "triton")  # what a torch with CUDA brings along
TARGETS = "help install pins demo test coverage check verify refresh release lab clean".split()
# Pythons for which people install it: the first of each series may lack what a package needs of a later one.
PYTHONS = ["3.11.0", "3.11.2", "3.12.0", "3.13.0"]


def test_bare_make_lists_the_targets_and_does_nothing() -> None:
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert re.findall(r"^  make (\w+) +\w", done.stdout, re.MULTILINE) == TARGETS


def test_where_python_is_too_old_one_sentence_says_so_before_anything_is_made(tmp_path: Path) -> None:
    old = tmp_path / "python3.10"
    version = "import sys; v = type('v', (tuple,), {})((3, 10, 13, 'final', 0)); sys.version_info = v"
    old.write_text(f"#!{sys.executable}\n{version}\nexec(sys.argv[2])\n")
    old.chmod(0o755)
    command = ["make", "--silent", "demo", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}"]
    # The tests may themselves run under make, whose variables are not for this one.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    said, *rest = done.stderr.splitlines()
    assert said.startswith(f"Grad School needs Python 3.11 or newer, and {old} is 3.10: name a newer one")
    assert [line for line in rest if not line.startswith("make: ***")] == []
    assert (done.returncode, done.stdout) == (2, "")
    assert not (tmp_path / "venv").exists()


# --- CI -----------------------------------------------------------------------------------------------------------

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def jobs() -> Iterator[dict[str, Any]]:
    for path in WORKFLOWS:
        yield from yaml.safe_load(path.read_text())["jobs"].values()


def test_ci_calls_the_makefile_and_nothing_else() -> None:
    commands = [step["run"] for job in jobs() for step in job["steps"] if "run" in step]
    called = [re.fullmatch(r"(?:sudo \S+ )?make (\w+)(?: CONSTRAINTS=\S+)?", command) for command in commands]
    assert all(called), commands
    assert {match[1] for match in called if match} <= set(TARGETS)
    lines = (ROOT / ".ci/run").read_text().splitlines()
    assert [line for line in lines if line.startswith("make")] == ["make check", "make test", "make demo"]


def test_ci_gives_up_in_time_and_uses_actions_by_their_hash() -> None:
    assert all(0 < job["timeout-minutes"] <= 60 for job in jobs())
    for path in WORKFLOWS:
        assert "concurrency" in yaml.safe_load(path.read_text())
        uses = re.findall(r"uses: *(.*)", path.read_text())
        assert uses and all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line) for line in uses)


# --- pins ---------------------------------------------------------------------------------------------------------


def pins(path: Path = PINS) -> Iterator[Requirement]:
    for line in path.read_text().splitlines():
        if line and not line.lstrip().startswith("#"):
            yield Requirement(line)


def pinned(environment: Mapping[str, str]) -> dict[str, str]:
    """Each package's version where `environment` is."""
    found: dict[str, str] = {}
    for pin in pins():
        if pin.marker is None or pin.marker.evaluate(dict(environment)):
            (version,) = pin.specifier
            assert version.operator == "==" and normal(pin.name) not in found, f"{pin.name} is pinned twice or not"
            found[normal(pin.name)] = version.version
    return found


def here() -> dict[str, str]:
    return {name: str(value) for name, value in default_environment().items()}


def on_python(version: str) -> dict[str, str]:
    return {**here(), "python_full_version": version, "python_version": version.rpartition(".")[0]}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a few packages more come along")
def test_every_package_that_the_project_brings_along_is_pinned_at_the_version_that_is_tested() -> None:
    versions = pinned(here())
    found = {name: importlib.metadata.version(name).partition("+")[0] for name in brought_along("grad-school", {"dev"})}
    assert {name: versions.get(name) for name in found} == found


def test_the_first_python_for_which_there_are_pins_is_the_first_that_the_project_takes() -> None:
    takes = SpecifierSet(PROJECT["requires-python"])
    assert all(version in takes for version in PYTHONS)
    assert not takes.contains("3.10.99")


@pytest.mark.skipif(PINS.name != "constraints.txt", reason="other pins are for one Python alone")
@pytest.mark.parametrize("python", PYTHONS)
def test_pins_hold_on_every_python_that_the_project_takes(python: str) -> None:
    assert not_for(python, pinned(on_python(python))) == []


def test_a_pin_that_asks_for_a_newer_python_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "metadata", lambda name: {"Requires-Python": ">=3.11.5,<4"})
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "4.1.2")
    assert not_for("3.11.2", {"soupsieve": "4.1.2"}) == ["soupsieve"]
    assert not_for("3.11.5", {"soupsieve": "4.1.2"}) == []
    assert not_for("3.11.2", {"soupsieve": "2.10"}) == []  # of that version nothing is known here


def takes(name: str) -> str:
    """The Pythons that an installed package takes."""
    about = cast(Message, importlib.metadata.metadata(name))
    return str(about.get("Requires-Python", ""))


def not_for(python: str, versions: Mapping[str, str]) -> list[str]:
    """The packages whose version, as it is installed here, does not take that Python."""
    return [
        name
        for name, version in versions.items()
        if installed(name) == version and python not in SpecifierSet(takes(name))
    ]


def installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name).partition("+")[0]
    except importlib.metadata.PackageNotFoundError:
        return None


def brought_along(name: str, extras: Iterable[str]) -> set[str]:
    """The names of all packages that installing `name` with `extras` installs here, without itself and CUDA."""
    found: set[str] = set()
    ahead = [(normal(name), frozenset(extras))]
    seen = set(ahead)
    while ahead:
        owner, wanted = ahead.pop()
        for text in importlib.metadata.requires(owner) or []:
            need = Requirement(text)
            if any(need.marker is None or need.marker.evaluate({"extra": extra}) for extra in {"", *wanted}):
                found.add(normal(need.name))
                step = (normal(need.name), frozenset(need.extras))
                if step not in seen:
                    seen.add(step)
                    ahead.append(step)
    return {each for each in found - {normal(name)} if not each.startswith(OF_CUDA)}


# --- declared dependencies ----------------------------------------------------------------------------------------

PACKAGE = [ROOT / "autograder", ROOT / "nbgrader_config.py"]
AROUND_IT = [ROOT / "tests", ROOT / "benchmarks"]


def imported(places: Iterable[Path]) -> set[str]:
    """The top-level modules that the Python files in these places import, whenever they do it."""
    files = [file for place in places for file in ([place] if place.is_file() else place.rglob("*.py"))]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    return {name.partition(".")[0] for name in names}


def undeclared(places: Iterable[Path], requirements: Iterable[str]) -> set[str]:
    """What is imported there from packages that are not among the requirements."""
    declared = {normal(Requirement(text).name) for text in requirements}
    providers = importlib.metadata.packages_distributions()
    ours = {
        "autograder",
        *(name for place in AROUND_IT for file in place.rglob("*.py") for name in (file.stem, file.parent.name)),
    }
    foreign = imported(places) - set(sys.stdlib_module_names) - ours
    return {name for name in foreign if declared.isdisjoint(map(normal, providers.get(name, [])))}


def test_every_package_that_is_imported_is_declared() -> None:
    needed, for_development = PROJECT["dependencies"], PROJECT["optional-dependencies"]["dev"]
    assert undeclared(PACKAGE, needed) == set()
    assert undeclared(AROUND_IT, [*needed, *for_development]) == set()


def test_a_package_that_is_not_declared_is_noticed() -> None:
    assert undeclared(PACKAGE, [text for text in PROJECT["dependencies"] if "nbformat" not in text]) == {"nbformat"}
