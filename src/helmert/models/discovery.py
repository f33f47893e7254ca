"""Finding a provider by its name, through the entry-point group that third parties use as well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path

from helmert.errors import ConfigError, HelmertError, NotFound, ProviderMisconfigured
from helmert.models.checked import CheckedEmbedder

GROUP = "helmert.embedders"


def open_embedder(
    provider: str,
    options: Mapping[str, object],
    base: Path,
    *,
    entry_points: Iterable[metadata.EntryPoint] | None = None,
) -> CheckedEmbedder:
    """Open a provider and put the checks around it.

    Args:
        provider: name of an entry point in the group `helmert.embedders`.
        options: the table `[models.<name>]` of `helmert.toml` without `provider`.
        base: the folder that relative paths in the options start from.
        entry_points: where to look; the installed distributions when None.

    Raises:
        NotFound: no distribution offers this provider.
        ConfigError: two distributions offer different ones under the name, or it cannot be imported.
        HelmertError: whatever the provider raises for its options or its endpoint.
    """
    found = metadata.entry_points(group=GROUP) if entry_points is None else entry_points
    entry = _only(provider, [point for point in found if point.group == GROUP])
    try:
        factory = entry.load()
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"Provider {provider!r} cannot be loaded from {entry.value}: {error}.") from error
    try:
        return CheckedEmbedder(factory(options, base))
    except HelmertError:
        raise
    except Exception as error:  # what a library makes of a damaged model file can be anything
        raise ProviderMisconfigured(
            f"A model of provider {provider!r} cannot be opened: {error!r}.",
            next_step="Check its files and options in helmert.toml, or fetch the files again.",
        ) from error


def _only(provider: str, points: list[metadata.EntryPoint]) -> metadata.EntryPoint:
    matches = {point.value: point for point in points if point.name == provider}
    if not matches:
        known = sorted({point.name for point in points})
        raise NotFound(
            f"There is no embedding provider {provider!r}. Known: {', '.join(known) or 'none'}.",
            next_step="Correct `provider` in helmert.toml, or install the package that offers it.",
        )
    if len(matches) > 1:
        raise ConfigError(
            f"Provider {provider!r} is offered by several packages: {', '.join(sorted(matches))}.",
            next_step="Uninstall all but one of them.",
        )
    return next(iter(matches.values()))
