"""Who holds a lease, written so that others on the same machine can tell whether that process still lives."""

from __future__ import annotations

import getpass
import os
import re
import socket
from pathlib import Path

_OWNER = re.compile(r".*@(?P<machine>[^@]+):(?P<pid>\d+)")


def this_process() -> str:
    """User, machine and process: `maria@box[4026531836]:4711`. The bracket names the process namespace, if any."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    return f"{user}@{_machine()}:{os.getpid()}"


def is_gone(owner: str) -> bool:
    """True when the owner was a process of this machine and no such process exists any more.

    False for anybody elsewhere, and when the number belongs to another process by now: then the lease has to run
    out by itself.
    """
    match = _OWNER.fullmatch(owner)
    if match is None or match["machine"] != _machine() or os.name != "posix":
        return False  # elsewhere signal 0 is no question but an interrupt
    try:
        os.kill(int(match["pid"]), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _machine() -> str:
    """The host name; within a container also its process namespace, since numbers mean nothing across them."""
    try:
        namespace = f"[{Path('/proc/self/ns/pid').stat().st_ino}]"
    except OSError:
        namespace = ""
    return f"{socket.gethostname()}{namespace}"
