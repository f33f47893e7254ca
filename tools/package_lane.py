"""Build the distributions, install the wheel alone into a clean environment, and use it there.

The wheel is built from the source distribution, as a packager without a checkout would, and must hold every
file of the package. It is installed without extras; the versions are those of the lock, and pip resolves from
the wheel's own metadata, so a dependency that is used and not declared is found here.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "helmert"
PINNED = re.compile(r"^(?P<pin>[A-Za-z0-9][\w.-]*==[^\\]+?)\s*\\?$")


def run(*command: str | Path, cwd: Path) -> None:
    """Run a command, show it, and stop the lane when it fails."""
    words = [str(word) for word in command]
    print("$", " ".join(Path(word).name if word.startswith("/") else word for word in words), flush=True)
    done = subprocess.run(words, cwd=cwd, check=False)
    if done.returncode:
        sys.exit(f"package: {Path(words[0]).name} ended with status {done.returncode}")


def build(folder: Path) -> Path:
    """Build the source distribution from the checkout and the wheel from that source distribution."""
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=ROOT)
    [archive] = folder.glob("*.tar.gz")
    with tarfile.open(archive) as source:
        source.extractall(folder / "source", filter="data")
    [unpacked] = (folder / "source").iterdir()
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=unpacked)
    [wheel] = folder.glob("*.whl")
    return wheel


def check_contents(wheel: Path) -> None:
    """Every file of the package is in the wheel, templates and type marker included, and nothing else."""
    sources = {
        path.relative_to(ROOT / "src").as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if ".dist-info/" not in name}
        licences = [name for name in archive.namelist() if name.endswith("/LICENSE")]
    if shipped != sources or not licences:
        sys.exit(f"package: wheel and sources differ in {sorted(shipped ^ sources)}; licences: {licences}")
    size = wheel.stat().st_size / 1024
    print(f"{wheel.name}: {len(shipped)} files of the package, {size:.0f} KiB", flush=True)


def constraints(folder: Path) -> Path:
    """The versions of the lock without their hashes, which pip would otherwise demand of our wheel too."""
    lines = (ROOT / "requirements" / "runtime.lock").read_text().splitlines()
    file = folder / "constraints.txt"
    file.write_text("\n".join(found["pin"] for line in lines if (found := PINNED.match(line))) + "\n")
    return file


def use(wheel: Path, folder: Path) -> None:
    """Install the wheel without extras into an environment of its own and use it from an empty folder."""
    environment, elsewhere = folder / "clean", folder / "elsewhere"
    elsewhere.mkdir()
    run(sys.executable, "-m", "venv", environment, cwd=folder)
    python = environment / "bin" / "python"
    pip = (
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-compile",
        "--disable-pip-version-check",
        "--only-binary",
        ":all:",
    )
    run(python, *pip, "--constraint", constraints(folder), wheel, cwd=folder)
    run(python, "-m", "pip", "check", cwd=folder)
    run(environment / "bin" / "helmert", "--help", cwd=elsewhere)
    run(python, "-I", ROOT / "tools" / "package_probe.py", cwd=elsewhere)


def main() -> None:
    """Build, check and use the wheel in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="helmert-package-") as name:
        folder = Path(name)
        wheel = build(folder)
        check_contents(wheel)
        use(wheel, folder)


if __name__ == "__main__":
    main()
