"""Everything that reaches the terminal. Nothing else in Helmert prints."""

from __future__ import annotations

import json as json_format
import os
import re
import sys
import traceback
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Self, TextIO

from helmert.telemetry import Event, Notice, StageFinished, StageProgress, StageStarted

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from helmert.commands.outcome import Outcome
    from helmert.errors import HelmertError


READER_GONE = 141
"""Exit code when whoever read the output stopped reading: what a shell reports for a program that SIGPIPE ended."""

_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")

_OTHERWISE = {1: "helmert status", 2: "helmert --help", 3: "helmert doctor"}
"""What to do next when an error does not say it, by exit code."""


class Screen:
    """Text for people or one JSON object for programs; never both.

    Results go to standard output, errors and progress bars to standard error. Bars appear only on a terminal.
    """

    def __init__(self, *, json: bool) -> None:
        self._json = json
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def say(self, text: str = "") -> None:
        """A line of text; dropped in JSON mode."""
        if not self._json:
            self._stop_bar()
            _line(text)

    def show(self, outcome: Outcome) -> None:
        """The result of a verb, and the one line that says what to do next."""
        self._stop_bar()
        if self._json:
            body = outcome.to_dict()
            body["next"] = body.pop("next_step")
            _line(json_format.dumps(body, default=str))
            return
        from helmert.cli.rendering import lines  # noqa: PLC0415

        for line in lines(outcome):
            _line(line.replace("\n", r"\n"))
        _line(f"Next: {outcome.next_step}")

    def fail(self, error: HelmertError) -> None:
        """An error of ours: what happened and what to do."""
        kind, advice = type(error).__name__, error.next_step or _OTHERWISE[error.exit_code]
        if self._json:
            body = {"error": error.message, "kind": kind, "next": advice, "exit_code": error.exit_code}
            _line(json_format.dumps(body))
            return
        _line(f"{kind}: {error.message}", sys.stderr)
        _line(f"Next: {advice}", sys.stderr)

    def crash(self, error: Exception) -> None:
        """An error nobody foresaw: the trace, so that it can be reported."""
        traceback.print_exception(error)
        advice = "report this with the trace above; nothing half-done is lost, the same command continues"
        if self._json:
            body = {"error": repr(error), "kind": "Unexpected", "next": advice, "exit_code": 3}
            _line(json_format.dumps(body))
            return
        _line("Unexpected: this is a defect in Helmert.", sys.stderr)
        _line(f"Next: {advice}", sys.stderr)

    def interrupted(self) -> None:
        """Control-C."""
        advice = "the same command continues where this stopped"
        if self._json:
            body = {"error": "interrupted", "kind": "Interrupted", "next": advice, "exit_code": 130}
            _line(json_format.dumps(body))
            return
        _line("\nInterrupted.", sys.stderr)
        _line(f"Next: {advice}", sys.stderr)

    def listen(self, event: Event) -> None:
        """Draw what long work tells: a bar on a terminal, a line per finished stage anywhere."""
        if self._json:
            return
        match event:
            case StageStarted():
                self._start_bar(event)
            case StageProgress():
                self._advance(event)
            case StageFinished():
                self._stop_bar()
                _line(f"  {event.title:<18} {event.summary}")
            case Notice():
                self.say(event.text)

    def _start_bar(self, event: StageStarted) -> None:
        self._stop_bar()
        if not sys.stderr.isatty():
            return
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

        self._bar = Progress(
            TextColumn("  {task.description:<18}"),
            BarColumn(),
            TextColumn("{task.fields[reached]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        title = f"{event.title} (resumed)" if event.resumed else event.title
        self._task = self._bar.add_task(title, total=None, reached="")
        self._bar.start()

    def _advance(self, event: StageProgress) -> None:
        if self._bar is None or self._task is None:
            return
        self._bar.update(self._task, completed=event.done, total=event.total)
        speed = self._bar.tasks[0].speed
        of = f" of {event.total:,}" if event.total else ""
        rate = f"  {speed:,.0f}/s" if speed else ""
        spent = f"  spent {event.spent:,.2f}" if event.spent else ""
        self._bar.update(self._task, reached=f"{event.done:,}{of}{rate}{spent}")

    def _stop_bar(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop_bar()


def _line(text: str, stream: TextIO | None = None) -> None:
    """Print a line. Control characters, which documents may contain, are shown and not sent to the terminal."""
    shown = _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
    try:
        print(shown, file=stream, flush=True)
    except UnicodeEncodeError:
        encoding = (stream or sys.stdout).encoding
        print(shown.encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)
    except BrokenPipeError:
        _leave()


def _leave() -> NoReturn:
    """End without a word: the streams are turned away first, so that nothing is said at the exit either."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
    raise SystemExit(READER_GONE)
