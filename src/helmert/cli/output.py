"""Everything that reaches the terminal. Nothing else in Helmert prints."""

from __future__ import annotations

import json as json_format
import sys
import traceback
from types import TracebackType
from typing import TYPE_CHECKING, Self

from helmert.telemetry import Event, Notice, StageFinished, StageProgress, StageStarted

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from helmert.commands.outcome import Outcome
    from helmert.errors import HelmertError


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
            print(text, flush=True)

    def show(self, outcome: Outcome) -> None:
        """The result of a verb, and the one line that says what to do next."""
        self._stop_bar()
        if self._json:
            body = outcome.to_dict()
            body["next"] = body.pop("next_step")
            sys.stdout.write(json_format.dumps(body, default=str) + "\n")
            return
        from helmert.cli.rendering import lines  # noqa: PLC0415

        for line in lines(outcome):
            print(line)
        print(f"Next: {outcome.next_step}")

    def fail(self, error: HelmertError) -> None:
        """An error of ours: what happened and what to do."""
        kind = type(error).__name__
        if self._json:
            body = {"error": error.message, "kind": kind, "next": error.next_step, "exit_code": error.exit_code}
            sys.stdout.write(json_format.dumps(body) + "\n")
            return
        print(f"{kind}: {error.message}", file=sys.stderr)
        if error.next_step:
            print(f"Next: {error.next_step}", file=sys.stderr)

    def crash(self, error: Exception) -> None:
        """An error nobody foresaw: the trace, so that it can be reported."""
        traceback.print_exception(error)
        if self._json:
            body = {"error": repr(error), "kind": "Unexpected", "next": "report this", "exit_code": 3}
            sys.stdout.write(json_format.dumps(body) + "\n")
        print("This is a defect in Helmert. Nothing half-done is lost; the same command continues.", file=sys.stderr)

    def interrupted(self) -> None:
        """Control-C."""
        print("\nInterrupted. The same command continues where this stopped.", file=sys.stderr)

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
                print(f"  {event.title:<18} {event.summary}", flush=True)
            case Notice():
                self.say(event.text)

    def _start_bar(self, event: StageStarted) -> None:
        self._stop_bar()
        if not sys.stderr.isatty():
            return
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import (  # noqa: PLC0415
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self._bar = Progress(
            TextColumn("  {task.description:<18}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[spent]}"),
            console=Console(stderr=True),
            transient=True,
        )
        title = f"{event.title} (resumed)" if event.resumed else event.title
        self._task = self._bar.add_task(title, total=None, rate="", spent="")
        self._bar.start()

    def _advance(self, event: StageProgress) -> None:
        if self._bar is None or self._task is None:
            return
        self._bar.update(self._task, completed=event.done, total=event.total)
        speed = self._bar.tasks[0].speed
        self._bar.update(
            self._task,
            rate=f"{speed:,.0f}/s" if speed else "",
            spent=f"spent {event.spent:,.2f}" if event.spent else "",
        )

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
