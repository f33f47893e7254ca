"""Finding a generator by its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import metadata

from helmert.errors import ConfigError, NotFound
from helmert.labelling.generators.base import Generator
from helmert.selection.corpus import Corpus

GROUP = "helmert.generators"


def open_generator(
    name: str,
    options: Mapping[str, object],
    corpus: Corpus,
    *,
    entry_points: Iterable[metadata.EntryPoint] | None = None,
) -> Generator:
    """Open a generator.

    Args:
        name: Of an entry point in the group `helmert.generators`.
        options: Its options.
        corpus: The documents that it will be asked about.
        entry_points: Where to look; the installed distributions when None.

    Raises:
        NotFound: no distribution offers it.
        ConfigError: several do, it cannot be imported, or an option is wrong.
    """
    found = metadata.entry_points(group=GROUP) if entry_points is None else entry_points
    offered = {point.value: point for point in found if point.group == GROUP and point.name == name}
    if not offered:
        known = sorted({point.name for point in found if point.group == GROUP})
        raise NotFound(
            f"There is no generator {name!r}. Known: {', '.join(known) or 'none'}.",
            next_step="Correct --generator, or install the package that offers it.",
        )
    if len(offered) > 1:
        raise ConfigError(
            f"Generator {name!r} is offered by several packages: {', '.join(sorted(offered))}.",
            next_step="Uninstall all but one of them.",
        )
    (entry,) = offered.values()
    try:
        factory = entry.load()
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"Generator {name!r} cannot be loaded from {entry.value}: {error}.") from error
    generator: Generator = factory(options, corpus)
    return generator
