"""Clicks to weak positives.

A click says that a document looked worth opening among those that the incumbent showed, most of all at the top. It is
never evidence against the documents that were not clicked: nobody may have seen them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from helmert.errors import UsageError
from helmert.evaluation import EvalSet, LabelFacts, QueryFacts, likely_cause
from helmert.labelling.click_log.grouping import near_duplicates, normal_form, query_name
from helmert.labelling.click_log.reading import Click
from helmert.labelling.personal_data import looks_personal
from helmert.types import Query

LEAST_PROPENSITY = 0.1
"""Propensities below this count as this, so that no single click outweighs ten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRules:
    """What makes a clicked document a weak positive. Raises `UsageError` for a rule that cannot be."""

    min_clicks: int = 2
    """Clicks on the pair."""
    min_share: float = 0.1
    """Share of all clicks of the query."""
    propensity: float | None = None
    """Exponent eta of the chance (1 / rank)^eta that a document at a rank is looked at; None to take clicks as
    they are."""
    drop_personal: bool = False
    """Leave out queries that look as if they held personal data."""

    def __post_init__(self) -> None:
        if self.min_clicks < 1 or not 0.0 <= self.min_share <= 1.0:
            raise UsageError(f"At least one click and a share from 0 to 1; got {self.min_clicks}, {self.min_share}.")
        if self.propensity is not None and self.propensity < 0.0:
            raise UsageError(f"The exponent of the propensity is 0 or more; got {self.propensity}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedLog:
    """The set that a log gives, and what was left out or has to be known."""

    evalset: EvalSet
    clicks: int
    searches: int
    """Different queries in the log."""
    weak: int
    """Pairs left out for too few clicks or too small a share."""
    absent: int
    """Pairs left out because the corpus does not hold the document."""
    cause: str
    """A guess why ids of log and corpus do not meet; empty without one."""
    personal: Mapping[str, int]
    """What queries seem to hold, with their number."""
    dropped_personal: int
    first_rank: float | None
    """Share of the clicks on rank 1, where ranks are given; None where they are not."""
    ranked: float
    """Share of the clicks whose rank is given."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """What must be known before a number measured on the set is believed."""
        return tuple(_sentences(self))


def import_clicks(
    clicks: Iterable[Click], rules: ImportRules, *, name: str, corpus: Collection[str] | None = None
) -> ImportedLog:
    r"""Count clicks by query and document and keep those that are evidence.

    Queries of the same normal form are one query; its text is the spelling that was used most. Its weight is its
    number of clicks over the mean of all queries kept. Near-duplicates are a cluster. With `rules.propensity` each
    click at rank r counts as 1 / \max((1 / r)^\eta, 0.1) when shares are taken, as in the inverse propensity
    scoring of Joachims, Swaminathan and Schnabel (Unbiased Learning-to-Rank with Biased Feedback, WSDM 2017); the
    minimum of clicks stays one of clicks that really happened.

    Args:
        clicks: The log.
        rules: What makes a positive.
        name: Of the log, for the provenance of every label.
        corpus: Ids of the documents; pairs of others are left out. None to keep all.
    """
    log = _Counted(rules)
    for click in clicks:
        log.add(click)
    return log.result(name, corpus)


@dataclass(slots=True, kw_only=True)
class _Pair:
    clicks: int = 0
    weighted: float = 0.0
    at: str = ""
    users: set[str] = field(default_factory=set)


class _Counted:
    """Clicks by normal form and document."""

    def __init__(self, rules: ImportRules) -> None:
        self._rules = rules
        self._pairs: defaultdict[str, defaultdict[str, _Pair]] = defaultdict(lambda: defaultdict(_Pair))
        self._spellings: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._ids: defaultdict[str, set[str]] = defaultdict(set)
        self._clicks = self._ranked = self._first = 0

    def add(self, click: Click) -> None:
        form = normal_form(click.query)
        pair = self._pairs[form][click.document]
        pair.at = max(pair.at, click.at)
        if click.user and click.user in pair.users:
            return
        if click.user:
            pair.users.add(click.user)
        pair.clicks += click.count
        pair.weighted += click.count / self._propensity(click.rank)
        self._spellings[form][" ".join(click.query.split())] += click.count
        if click.query_id:
            self._ids[form].add(click.query_id)
        self._clicks += click.count
        if click.rank is not None:
            self._ranked += click.count
            self._first += click.count * (click.rank == 1)

    def result(self, name: str, corpus: Collection[str] | None) -> ImportedLog:
        personal = {form: what for form in self._pairs if (what := self._looks_personal(form))}
        dropped = personal.keys() if self._rules.drop_personal else set()
        known = None if corpus is None else frozenset(corpus)
        kept, absent, weak = {}, set(), 0
        for form, pairs in self._pairs.items():
            if form in dropped:
                continue
            present = {doc: pair for doc, pair in pairs.items() if known is None or doc in known}
            absent |= {(form, doc) for doc in pairs.keys() - present.keys()}
            strong = self._strong(present)
            weak += len(present) - len(strong)
            if strong:
                kept[form] = strong
        return ImportedLog(
            evalset=self._evalset(kept, name),
            clicks=self._clicks,
            searches=len(self._pairs),
            weak=weak,
            absent=len(absent),
            cause=(likely_cause({doc for _, doc in absent}, known) or "") if absent and known else "",
            personal=dict(Counter(personal.values()).most_common()),
            dropped_personal=len(dropped),
            first_rank=self._first / self._ranked if self._ranked else None,
            ranked=self._ranked / self._clicks if self._clicks else 0.0,
        )

    def _looks_personal(self, form: str) -> str | None:
        return next((what for text in self._spellings[form] if (what := looks_personal(text))), None)

    def _propensity(self, rank: int | None) -> float:
        if self._rules.propensity is None or rank is None:
            return 1.0
        return float(max((1.0 / rank) ** self._rules.propensity, LEAST_PROPENSITY))

    def _strong(self, pairs: Mapping[str, _Pair]) -> dict[str, _Pair]:
        total = sum(pair.weighted for pair in pairs.values())
        return {
            document: pair
            for document, pair in pairs.items()
            if pair.clicks >= self._rules.min_clicks and pair.weighted >= self._rules.min_share * total
        }

    def _evalset(self, kept: Mapping[str, Mapping[str, _Pair]], name: str) -> EvalSet:
        names = self._names(kept)
        traffic = {form: sum(pair.clicks for pair in self._pairs[form].values()) for form in kept}
        mean = sum(traffic.values()) / max(1, len(traffic))
        clusters = near_duplicates({names[form]: form for form in kept}, {names[form]: kept[form] for form in kept})
        facts = {
            names[form]: QueryFacts(cluster=clusters.get(names[form], ""), weight=traffic[form] / mean) for form in kept
        }
        return EvalSet(
            name=name,
            queries=tuple(Query(id=names[form], text=self._spellings[form].most_common(1)[0][0]) for form in kept),
            qrels={names[form]: dict.fromkeys(pairs, 1) for form, pairs in kept.items()},
            query_facts=facts,
            label_facts={
                (names[form], document): LabelFacts(origin="click", by=name, at=pair.at)
                for form, pairs in kept.items()
                for document, pair in pairs.items()
            },
        )

    def _names(self, forms: Iterable[str]) -> dict[str, str]:
        """The log's own query id where it names one query and no other, else a hash of the text."""
        owners: defaultdict[str, set[str]] = defaultdict(set)
        for form, ids in self._ids.items():
            for query in ids:
                owners[query].add(form)
        names = {}
        for form in forms:
            own = [query for query in self._ids.get(form, ()) if len(owners[query]) == 1]
            names[form] = own[0] if len(own) == 1 and len(self._ids[form]) == 1 else query_name(form)
        return names


def _sentences(log: ImportedLog) -> Iterator[str]:
    labels = sum(len(grades) for grades in log.evalset.qrels.values())
    yield (
        f"{log.clicks:,} clicks on {log.searches:,} different queries gave {labels:,} weak positives for "
        f"{len(log.evalset.queries):,} queries; {log.weak:,} pairs had too few clicks or too small a share."
    )
    yield (
        "All labels come from what the incumbent showed: a system that finds other good documents looks worse than it "
        "is. Judge some of its results with `helmert evalset next` before it is rejected."
    )
    if log.first_rank is not None:
        yield (
            f"{log.first_rank:.0%} of the clicks with a rank are on rank 1: people click what stands at the top, so "
            "the labels repeat the incumbent's order in part."
        )
    if log.ranked < 1.0 and log.clicks:
        yield f"The log does not say at which rank {1 - log.ranked:.0%} of the clicks happened."
    if log.absent:
        yield f"{log.absent:,} pairs name documents that the corpus does not hold. {log.cause}".rstrip()
    held = " and ".join(f"{count:,} {what}" for what, count in log.personal.items())
    if log.dropped_personal:
        yield f"{log.dropped_personal:,} queries that seemed to hold personal data ({held}) were left out."
    elif log.personal:
        yield (
            f"Queries may hold personal data ({held}). Look at them before the set is shared, or leave them out with "
            "--drop-personal."
        )
