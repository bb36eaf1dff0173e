"""What lies around the package: the Makefile, CI and the pins."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
OF_CUDA = ("cuda-", "nvidia-", "triton")  # what a torch with CUDA brings along
TARGETS = ["help", "install", "demo", "test", "check", "verify", "refresh", "release", "lab", "clean"]


def test_bare_make_lists_the_targets_and_does_nothing() -> None:
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert re.findall(r"^  make (\w+) +\w", done.stdout, re.MULTILINE) == TARGETS


def test_ci_calls_the_makefile_and_nothing_else() -> None:
    workflow = (ROOT / ".github/workflows/ci.yml").read_text()
    assert re.findall(r"run: (.*)", workflow) == ["make check", "make test", "make demo"]
    lines = (ROOT / ".ci/run").read_text().splitlines()
    assert [line for line in lines if line.startswith("make")] == ["make check", "make test"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a few packages more come along")
def test_every_package_that_the_project_brings_along_is_pinned_at_the_version_that_is_tested() -> None:
    pins = dict(re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;+]+)", (ROOT / "constraints.txt").read_text(), re.MULTILINE))
    pinned = {normal(name): version for name, version in pins.items()}
    found = {name: importlib.metadata.version(name).partition("+")[0] for name in brought_along("grad-school", {"dev"})}
    assert {name: pinned.get(name) for name in found} == found


def test_pins_are_names_and_versions_alone() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"#.*|[A-Za-z0-9_.-]+==[0-9][0-9A-Za-z.]*( ; .+)?", line)] == []


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def brought_along(name: str, extras: set[str]) -> set[str]:
    """The names of all packages that installing `name` with `extras` installs here, without itself and CUDA."""
    found: set[str] = set()
    ahead = [(name, frozenset(extras))]
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
