"""`[gate]`: the rules of the gate as typed values, one class per kind of rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from helmert.errors import ConfigError, NotFound, UsageError
from helmert.evaluation import GatePolicy, GateRule, Limit, Measure, MustPass, Rule, SliceRule, read_query_ids

STRICT = ConfigDict(extra="forbid", frozen=True)


class RuleSettings(BaseModel):
    """One entry of `[[gate.rules]]`."""

    model_config = STRICT
    measure: str
    margin: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.02
    kind: Literal["non-inferior", "superior"] = "non-inferior"

    @model_validator(mode="after")
    def _showable(self) -> Self:
        if self.kind == "non-inferior" and self.margin == 0.0:
            raise ValueError("a non-inferiority margin of 0 could never be shown between equal systems")
        return self

    def to_rule(self) -> GateRule:
        """The rule of the gate. Raises `UsageError` for a measure that does not exist."""
        return GateRule(measure=Measure.parse(self.measure), margin=self.margin, kind=self.kind)


class SliceSettings(BaseModel):
    """`[gate.slices]`: no slice may get significantly worse."""

    model_config = STRICT
    enabled: bool = True
    """Whether slices are looked at, where the evaluation set has them."""
    measures: list[str] = Field(default_factory=list)
    """Those of the rules when it is empty."""
    alpha: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.05
    """How often some slice may be called worse although none is."""
    min_queries: Annotated[int, Field(ge=2)] = 30
    """A slice with fewer queries is reported as not enough data."""
    require_data: bool = False
    """Slices with too few queries leave the gate open."""

    def to_rule(self, default: tuple[Measure, ...]) -> SliceRule:
        """The rule of the gate. Raises `UsageError` for a measure that does not exist."""
        return SliceRule(
            measures=tuple(dict.fromkeys(map(Measure.parse, self.measures))) or default,
            alpha=self.alpha,
            min_queries=self.min_queries,
            require_data=self.require_data,
        )


class LimitSettings(BaseModel):
    """`[gate.limits]`: bounds on what is measured; one that is not set is not measured."""

    model_config = STRICT
    latency_p50_ms: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] | None = None
    latency_p95_ms: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] | None = None
    latency_p99_ms: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] | None = None
    index_recall: Annotated[float, Field(gt=0.0, le=1.0)] | None = None
    """Share of the first hits of exact search that the index must find."""
    completeness: Annotated[float, Field(gt=0.0, le=1.0)] | None = None
    """Share of the documents that must be in the index."""

    def to_rules(self) -> tuple[Limit, ...]:
        """The rules of the gate, one for each bound that is set."""
        bounds = {name: getattr(self, name) for name in type(self).model_fields}
        return tuple(Limit(name=name, bound=bound) for name, bound in bounds.items() if bound is not None)


class GateSettings(BaseModel):
    """`[gate]`: what an evaluation must show before a promotion."""

    model_config = STRICT
    rules: list[RuleSettings] = Field(
        default_factory=lambda: [RuleSettings(measure="recall@10"), RuleSettings(measure="nDCG@10")], min_length=1
    )
    slices: SliceSettings = Field(default_factory=SliceSettings)
    must_pass: list[str] | str = Field(default_factory=list)
    """Ids of queries that must have a relevant document among the first hits, or a file with one on each line."""
    must_pass_k: Annotated[int, Field(ge=1)] = 10
    """How many hits are the first ones."""
    limits: LimitSettings = Field(default_factory=LimitSettings)
    min_queries: Annotated[int, Field(ge=1)] = 30
    level: Annotated[float, Field(gt=0.5, lt=1.0)] = 0.95
    max_age_hours: Annotated[float, Field(gt=0)] = 24.0
    """An older evaluation is stale and has to be repeated."""
    max_changed: Annotated[float, Field(ge=0.0, le=1.0)] = 0.01
    """Share of the documents that may have changed since the evaluation."""

    @field_validator("must_pass", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        if isinstance(value, str) and value.strip():
            return value
        if isinstance(value, list) and all(isinstance(query, str) for query in value):
            return value
        raise ValueError("write a list of query ids as texts, or the name of a file with one on each line")

    def to_policy(self, folder: Path) -> GatePolicy:
        """The policy of the gate. Files are named relative to `folder`.

        Raises `UsageError` for a measure that does not exist and a list of queries that cannot be used.
        """
        rules = tuple(rule for kind in KINDS.values() for rule in kind(self, folder))
        return GatePolicy(rules=rules, min_queries=self.min_queries, level=self.level)

    def mistakes(self) -> Iterator[tuple[tuple[str | int, ...], UsageError]]:
        """What is wrong with values that only the rules themselves can judge, each with the keys of its place."""
        for keys, build in self._checks():
            try:
                build()
            except UsageError as error:
                yield keys, error

    def _checks(self) -> Iterator[tuple[tuple[str | int, ...], Callable[[], object]]]:
        for position, rule in enumerate(self.rules):
            yield ("rules", position, "measure"), rule.to_rule
        yield ("slices", "measures"), lambda: [Measure.parse(name) for name in self.slices.measures]
        if isinstance(self.must_pass, list) and self.must_pass:
            yield ("must_pass",), lambda: MustPass(queries=tuple(self.must_pass), k=self.must_pass_k)


def _quality(gate: GateSettings, _: Path) -> Iterator[Rule]:
    yield from (rule.to_rule() for rule in gate.rules)


def _slices(gate: GateSettings, _: Path) -> Iterator[Rule]:
    if gate.slices.enabled:
        yield gate.slices.to_rule(tuple(dict.fromkeys(Measure.parse(rule.measure) for rule in gate.rules)))


def _must_pass(gate: GateSettings, folder: Path) -> Iterator[Rule]:
    listed = gate.must_pass
    try:
        queries = read_query_ids(folder / listed) if isinstance(listed, str) else tuple(listed)
    except NotFound as error:
        raise ConfigError(
            f"gate.must_pass names the file {folder / str(listed)}, which does not exist.",
            next_step="write it with one query id on each line, or list the ids in helmert.toml",
        ) from error
    if queries:
        yield MustPass(queries=queries, k=gate.must_pass_k)


def _limits(gate: GateSettings, _: Path) -> Iterator[Rule]:
    yield from gate.limits.to_rules()


KINDS: dict[str, Callable[[GateSettings, Path], Iterator[Rule]]] = {
    "rules": _quality,
    "slices": _slices,
    "must_pass": _must_pass,
    "limits": _limits,
}
"""Every kind of rule: the key it has in `[gate]`, and how it is built."""
