"""Is a text code? A heuristic without a model, for slices; it is never used to score anything."""

from __future__ import annotations

import re

_HEAD = re.compile(
    r"""
    \s*(
        (async\s+)?def\s+\w+\s*\(.* | class\s+\w+\s*(\(.*\))?:              # Python
      | (public|private|protected|static|func|fn|function)\s[^.?!]*\(.*\)?  # a function of other languages
      | \#\s*include\s*[<"] | \#!/ | <\?(php|xml) | <!DOCTYPE               # C, scripts, markup
      | (SELECT\b.*\bFROM\b|INSERT\s+INTO\s|CREATE\s+(TABLE|INDEX)\s|UPDATE\s+\w+\s+SET\s)
    )""",
    re.VERBOSE,
)
"""First lines that no prose begins with."""
_LINE = re.compile(
    r"""
    \s*(
        (async\s+)?def\s+\w+\s*\( | class\s+\w+.*[:{]\s*$
      | from\s+[\w.]+\s+import\s | import\s+[\w.]+\s*(as\s+\w+|;)?\s*$
      | (const|let|var)\s+\w+\s*= | (elif|else|try|finally|except)\b.*:\s*$
      | (if|for|while|switch|catch)\s*\(.*\)\s*\{?\s*$ | (if|for|while|with)\s.*:\s*$
      | return(\s+\S*[(\[.{;"'=].*)?;?\s*$
      | [\w.\[\]"']+\s*(=|\+=|-=|:=)\s*\S.*
      | [\w.]+\(.*\)\s*;?\s*$ | @\w+ | </?\w+[^>]*> | .*[;{}]\s*$ | \$\s+\w+
    )""",
    re.VERBOSE,
)
_SHELL = re.compile(
    r"(?:^|\s)--?[A-Za-z][\w-]*(?:\s|=|$)|\||\$\(|\$\{?\w+|`[^`]+`|(?:^|\s)[~.]?/[\w.]+|>\s*/|&&|\*\.\w+|\{\}|\\;"
)
"""Options, pipes, substitutions, paths and patterns of a command line."""
_COMMAND = re.compile(r"[a-z_][\w.+-]*(\s|$)")
_STOPS = re.compile(r"[.!?]\s+[A-Z]|\b(the|a|an|is|are|to|of|you|this|that|how|what|with|and)\b")
"""Words and ends of sentences that commands hardly have."""


def looks_like_code(text: str) -> bool:
    r"""Whether a text is mainly program source, a query language, markup or a shell command.

    It is when its first line can only be code, when half of its lines look like lines of code, or, for a text of at
    most three lines, when it begins like a command, has options, pipes or paths, and hardly any of the small words
    of prose. Text between both, such as an explanation with a command in it, counts as prose.

    >>> looks_like_code("def mean(xs):\n    return sum(xs) / len(xs)")
    True
    >>> looks_like_code("find . -name '*.py' | xargs wc -l")
    True
    >>> looks_like_code("how do I compute the mean of a list?")
    False
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return False
    if _HEAD.match(lines[0]) or 2 * sum(bool(_LINE.match(line)) for line in lines) >= len(lines):
        return True
    return len(lines) <= 3 and _is_command(lines)


def _is_command(lines: list[str]) -> bool:
    joined = " ".join(lines)
    signs, small = len(_SHELL.findall(joined)), len(_STOPS.findall(joined))
    return bool(_COMMAND.match(lines[0].lstrip())) and signs > 2 * small
