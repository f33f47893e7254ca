"""A scorecard as a selection would fill it: simulated values per query, and every number computed from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from helmert.evaluation import holm, mean_interval, paired_interval, sign_flip_p
from helmert.evaluation.arrays import FloatArray
from helmert.selection.costs import Given, Prices, Volume, monthly_cost
from helmert.selection.pareto import Point, front, paired
from helmert.selection.percentiles import percentiles
from helmert.selection.scorecard import (
    Bulk,
    Cell,
    Choice,
    Contrast,
    Estimate,
    IndexLoss,
    LanguageMatrix,
    Latency,
    Prior,
    Quantisation,
    RankedDocument,
    Regression,
    Regressions,
    Row,
    Scorecard,
    SliceRow,
    Truncation,
)

QUERIES = 240
PRIMARY = "nDCG@10"
MEASURES = (PRIMARY, "recall@10", "MRR@10")
LEVEL = 0.95
BITS: Mapping[Quantisation, float] = {"float32": 32, "float16": 16, "int8": 8, "binary": 1, "binary+rescore": 9}
LOST: Mapping[Quantisation, float] = {
    "float32": 0.0,
    "float16": 0.0,
    "int8": 0.003,
    "binary": 0.09,
    "binary+rescore": 0.015,
}
MODELS: Mapping[str, tuple[float, int]] = {
    "multilingual-e5": (0.69, 384),
    "minilm": (0.645, 384),
    "wordllama": (0.52, 256),
}
LANGUAGES = ("de", "en", "fr")


def mean(values: FloatArray) -> Estimate:
    """A mean with its interval."""
    interval = mean_interval(values, level=LEVEL)
    value = float(values.mean())
    return Estimate(value=value, low=min(interval.low, value), high=max(interval.high, value))


def difference(values: FloatArray) -> Estimate:
    """A paired difference with its interval."""
    interval = paired_interval(values, level=LEVEL)
    value = float(values.mean())
    return Estimate(value=value, low=min(interval.low, value), high=max(interval.high, value))


def around(level: float, ease: FloatArray, rng: np.random.Generator, noise: float = 0.18) -> FloatArray:
    """Values of a system that shares the queries' difficulty with the others."""
    values: FloatArray = np.clip(level + ease + noise * rng.standard_normal(ease.size), 0.0, 1.0)
    return values


def contrast(names: tuple[str, str], values: Mapping[str, FloatArray], measure: str) -> Contrast:
    """One candidate against another, not adjusted yet."""
    changes = values[names[0]] - values[names[1]]
    p = sign_flip_p(changes, np.random.default_rng(0), rounds=2000)
    return Contrast(
        candidate=names[0],
        against=names[1],
        measure=measure,
        difference=difference(changes),
        p_value=p,
        adjusted_p=p,
        effect=float(changes.mean() / changes.std()),
        wins=int((changes > 0).sum()),
        losses=int((changes < 0).sum()),
        ties=int((changes == 0).sum()),
    )


def contrasts(values: Mapping[str, Mapping[str, FloatArray]], reference: str, best: str) -> tuple[Contrast, ...]:
    """All against the reference with Holm, then against the best."""
    found = [
        contrast((name, reference), values[measure], measure)
        for name in values[PRIMARY]
        if name != reference
        for measure in MEASURES
    ]
    adjusted = holm([each.p_value for each in found])
    first = [replace(each, adjusted_p=float(p)) for each, p in zip(found, adjusted, strict=True)]
    others = [name for name in values[PRIMARY] if name != best]
    second = [contrast((name, best), values[PRIMARY], PRIMARY) for name in others]
    return (*first, *(replace(each, adjusted_p=min(1.0, len(others) * each.p_value)) for each in second))


def latency(scale: float, saturation: float | None, rng: np.random.Generator, *, overloaded: bool = False) -> Latency:
    """Times as a service of this speed has them."""
    alone = scale * (1 + 0.2 * rng.random(300)) + scale * 4 * (rng.random(300) < 0.04)
    queued = scale * (1 + rng.exponential(0.8, 1200))
    queued[:3] = np.inf
    return Latency(
        service=percentiles(alone),
        offered=20.0,
        arriving=() if overloaded else percentiles(queued),
        sent=700 if overloaded else queued.size,
        failed=0 if overloaded else 3,
        budget=0.05,
        saturation=saturation,
        note="2 cores, this machine. Asked alone: 300 queries: the interval of p99 has no upper end below 368.",
    )


def sweep(name: str, level: float, dims: int, ease: FloatArray, rng: np.random.Generator) -> tuple[Cell, ...]:
    """Every size and quantisation of one candidate."""
    whole = around(level, ease, rng)
    sizes = [size for size in (384, 256, 128, 64, 32) if size <= dims]
    values: dict[str, FloatArray] = {}
    made: list[Cell] = []
    for size in sizes:
        cut = 0.35 * (1 - size / dims) ** 3
        for quantisation, bits in BITS.items():
            lost = cut + LOST[quantisation] * (1.0 + 0.5 * (size < 128))
            same = (size, quantisation) == (dims, "float32")
            here = whole if same else np.clip(whole - lost + 0.03 * rng.standard_normal(whole.size), 0.0, 1.0)
            values[f"{size} {quantisation}"] = here
            made.append(
                Cell(
                    candidate=name,
                    dims=size,
                    quantisation=quantisation,
                    bytes_per_vector=size * bits / 8,
                    searched_bytes=size / 8 if quantisation == "binary+rescore" else None,
                    quality={PRIMARY: mean(here)},
                    loss=Estimate(value=0.0, low=0.0, high=0.0) if same else difference(here - whole),
                    note="256 levels between the 0.5% quantiles." if quantisation == "int8" else "",
                )
            )
    points = [
        Point(name=key, cost=cell.bytes_per_vector, quality=cell.quality[PRIMARY].value)
        for key, cell in zip(values, made, strict=True)
    ]
    chosen = front(points, paired(values, level=LEVEL))
    return tuple(replace(cell, on_front=key in chosen) for key, cell in zip(values, made, strict=True))


def slices(values: Mapping[str, FloatArray], sizes: Mapping[str, int]) -> tuple[SliceRow, ...]:
    """Consecutive queries as slices."""
    made, start = [], 0
    for name, count in sizes.items():
        part = {system: column[start : start + count] for system, column in values.items()}
        start += count
        pooled = {}
        for system, column in part.items():
            weight = count / (count + 20)
            value = float(weight * column.mean() + (1 - weight) * values[system].mean())
            pooled[system] = Estimate(value=value, low=max(0.0, value - 0.05), high=min(1.0, value + 0.05))
        made.append(
            SliceRow(
                name=name,
                queries=count,
                enough=count >= 30,
                values={system: mean(column) for system, column in part.items()},
                pooled=pooled,
            )
        )
    return tuple(made)


def language_matrix(name: str, level: float, rng: np.random.Generator) -> LanguageMatrix:
    """Better where the languages are the same; no labels from French to German."""
    cells = {
        f"{query}>{document}": mean(around(level - 0.25 * (query != document), np.zeros(40), rng, 0.2))
        for query in LANGUAGES
        for document in LANGUAGES
        if (query, document) != ("fr", "de")
    }
    return LanguageMatrix(
        candidate=name,
        query_languages=LANGUAGES,
        document_languages=LANGUAGES,
        cells=cells,
        queries=dict.fromkeys(cells, 40),
        same_language={"de": 0.81, "en": 0.92, "fr": 0.77},
    )


def regressions() -> Regressions:
    """Two of the queries that got worse."""
    cases = (
        Regression(
            query="q17",
            text="what does the warranty cover after two years",
            before=(
                RankedDocument(id="warranty", text="The warranty covers parts for three years.", relevant=True),
                RankedDocument(id="returns", text="Goods can be returned within thirty days.", relevant=False),
            ),
            after=(
                RankedDocument(id="insurance", text="Insurance covers theft and loss.", relevant=False),
                RankedDocument(id="returns", text="Goods can be returned within thirty days.", relevant=False),
                RankedDocument(id="warranty", text="The warranty covers parts for three years.", relevant=True),
            ),
            difference=-0.5,
        ),
        Regression(
            query="q203",
            text="reset the pump",
            before=(RankedDocument(id="pump-7", text="Hold the button for five seconds.", relevant=True),),
            after=(RankedDocument(id="valve-2", text="Close the valve.", relevant=False),),
            difference=-1.0,
        ),
    )
    return Regressions(
        candidate="multilingual-e5",
        against="minilm",
        measure=PRIMARY,
        worse=12,
        better=31,
        unchanged=197,
        shown=cases,
    )


def rows(values: Mapping[str, Mapping[str, FloatArray]], rng: np.random.Generator) -> tuple[Row, ...]:
    """The candidates, best first."""
    volume = Volume(
        queries=Given(value=2_000_000, basis="supplied", source="helmert.toml"),
        query_tokens=Given(value=11.4, basis="measured", source="mean of 240 queries"),
        documents=Given(value=1_000_000, basis="supplied", source="helmert.toml"),
        document_tokens=Given(value=212, basis="measured", source="mean of 11,738 documents"),
    )
    made = []
    for name in values[PRIMARY]:
        level, dims = MODELS.get(name, (0.0, 0))
        prices = Prices(
            million_tokens=Given(value=0.02, basis="catalogued", source="price list, 2026-11-01"),
            gigabyte_month=Given(value=3.8, basis="supplied", source="helmert.toml"),
        )
        speeds = {"multilingual-e5": (0.018, 38.0), "minilm": (0.009, 71.0), "wordllama": (0.0004, 900.0)}
        made.append(
            Row(
                name=name,
                kind="dense" if dims else "lexical",
                model="intfloat/multilingual-e5-small" if name == "multilingual-e5" else name,
                prompt="query" if name == "multilingual-e5" else "",
                dims=dims or None,
                space="0f3a9c" * 5 + name[:2] if dims else "",
                quality={measure: mean(column[name]) for measure, column in values.items()},
                tie_range={PRIMARY: (0.51, 0.53)} if name == "wordllama" else {},
                judged=0.31 if name == "bm25" else 0.42,
                latency=latency(*speeds[name], rng) if dims else None,
                bulk=Bulk(tokens=2_489_000, texts=11_738, seconds=311.0 if level > 0.6 else 0.0, basis="measured")
                if dims
                else None,
                cost=monthly_cost(volume, prices, vector_bytes=Given(value=4 * dims, basis="measured"), currency="USD")
                if dims
                else None,
                storage_bytes=4 * dims * 1_000_000 if dims else None,
                truncation=Truncation(limit=256, documents=1204, queries=0, tokens_lost=0.182)
                if name == "minilm"
                else Truncation(limit=None, documents=0, queries=0, tokens_lost=0.0),
            )
        )
    return tuple(made)


def full_card() -> Scorecard:
    """Every section filled."""
    rng = np.random.default_rng(20261122)
    ease = 0.2 * rng.standard_normal(QUERIES)
    levels = {"multilingual-e5": 0.69, "minilm": 0.65, "bm25": 0.56, "wordllama": 0.52}
    values = {
        measure: {name: around(level + shift, ease, rng) for name, level in levels.items()}
        for measure, shift in zip(MEASURES, (0.0, 0.09, -0.04), strict=True)
    }
    best = mean(values[PRIMARY]["multilingual-e5"]).value
    return Scorecard(
        title="manuals: which model?",
        made_at=datetime(2026, 11, 22, 16, 5, tzinfo=UTC),
        evalset={
            "name": "manuals",
            "digest": "5d41402abc4b2a76b9719d911017c592",
            "queries": 251,
            "answerable": QUERIES,
        },
        documents=11_738,
        corpus_digest="7b52009b64fd0a2a49e6d8a939753077",
        measures=MEASURES,
        primary=PRIMARY,
        level=LEVEL,
        rows=rows(values, rng),
        contrasts=contrasts(values, "minilm", "multilingual-e5"),
        choice=Choice(
            best="multilingual-e5",
            tied_with=("minilm",),
            recommended="minilm",
            observed=best,
            expected=best - 0.008,
            confirmed=Estimate(value=best - 0.01, low=best - 0.06, high=best + 0.04),
            sentences=(
                f"Of 3 models multilingual-e5 has the highest nDCG@10: {best:.3f} on 240 queries.",
                "Not shown to be worse than multilingual-e5: minilm.",
                "minilm is the cheapest of them, so it is as good a choice for less.",
            ),
        ),
        reference="minilm",
        sweep=tuple(cell for name, (level, dims) in MODELS.items() for cell in sweep(name, level, dims, ease, rng)),
        slices=slices(
            values[PRIMARY],
            {"kind=error code": 90, "kind=how to": 80, "kind=part number": 52, "length=over the limit": 18},
        ),
        languages=tuple(language_matrix(name, level, rng) for name, (level, _) in MODELS.items()),
        index_loss=(
            IndexLoss(
                candidate="minilm",
                store="lancedb",
                index_kind="IVF_PQ",
                rows=11_738,
                found=Estimate(value=0.962, low=0.95, high=0.973),
                exact=Estimate(value=0.641, low=0.61, high=0.67),
                approximate=Estimate(value=0.632, low=0.6, high=0.662),
                difference=Estimate(value=-0.009, low=-0.016, high=-0.002),
            ),
        ),
        priors=(
            Prior(
                source="leaderboard.csv",
                task="retrieval",
                scores={"multilingual-e5": 57.2, "minilm": 58.1, "wordllama": 40.0},
                tau=1 / 3,
                sentence="Kendall's tau between retrieval and what was measured here is 0.33 over 3 candidates.",
            ),
        ),
        regressions=(regressions(),),
        warnings=(
            "240 queries tell differences of 0.036 and more apart.",
            "18% of the tokens are beyond minilm's limit.",
        ),
        settings={
            "seed": 0,
            "load": {"rate": 20.0, "budget": 0.05},
            "prices": ["a", "b"],
            "holdout": None,
            "pooled": True,
        },
    )


def bare_card() -> Scorecard:
    """As little as a scorecard can hold."""
    whole = full_card()
    row = replace(whole.rows[2], quality={PRIMARY: whole.rows[2].quality[PRIMARY]}, truncation=None)
    return Scorecard(
        title="bare",
        made_at=whole.made_at,
        evalset={},
        documents=1,
        corpus_digest="",
        measures=(PRIMARY,),
        primary=PRIMARY,
        level=LEVEL,
        rows=(row,),
        contrasts=(),
        choice=None,
    )
