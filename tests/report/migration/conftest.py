"""One report with every section filled, as a migration would produce it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from helmert.report import (
    Badge,
    Bar,
    ComparisonRow,
    Estimate,
    Fact,
    GateResult,
    MigrationReport,
    MixingResult,
    NextStep,
    RankedHit,
    Regression,
    StageRow,
    VersionRow,
)


@pytest.fixture(scope="session")
def report() -> MigrationReport:
    return MigrationReport(
        title="docs: from small to large",
        generated_at=datetime(2026, 11, 22, 13, 24, tzinfo=UTC),
        summary="The candidate finds more answers. The alias was switched.",
        alias="docs_current",
        serving="docs__large_v2__2026-11-22",
        incumbent="small",
        candidate="large",
        gate=GateResult(verdict="PASS", sentences=("The loss is within what was accepted.",)),
        facts=(Fact(label="documents", value="2,640,118"), Fact(label="lost writes", value="0")),
        versions=(
            VersionRow(
                name="docs__small_v1__2026-03-01",
                space="small, 64 dims",
                rows=2_640_118,
                recall=Estimate(value=0.288, low=0.262, high=0.314),
                state=Badge(text="held for rollback"),
            ),
            VersionRow(
                name="docs__large_v2__2026-11-22",
                space="large, 256 dims",
                rows=2_640_101,
                recall=None,
                state=Badge(text="live", tone="good"),
            ),
        ),
        comparison=(
            ComparisonRow(
                measure="recall@10",
                incumbent=0.288,
                candidate=0.397,
                difference=Estimate(value=0.109, low=0.098, high=0.121),
                verdict=Badge(text="better", tone="good"),
                margin=0.02,
            ),
            ComparisonRow(
                measure="success@1",
                incumbent=0.1201,
                candidate=0.0852,
                difference=Estimate(value=-0.0349, low=-0.0481, high=-0.0217),
                verdict=Badge(text="worse", tone="bad"),
            ),
        ),
        mixing=MixingResult(
            text="Half of the rows had been made by another model.",
            measure="recall@10",
            bars=(
                Bar(label="one space", estimate=Estimate(value=0.397, low=0.369, high=0.425), tone="good"),
                Bar(label="two spaces", estimate=Estimate(value=0.061), tone="bad"),
            ),
        ),
        timeline=(
            StageRow(title="Backfill", seconds=200.4, summary="2,640,101 documents embedded."),
            StageRow(title="Promote", seconds=0.21, summary="Generation 1 became 2."),
        ),
        regressions=(
            Regression(
                query="how do I open a file",
                rank_before=1,
                rank_after=None,
                before=(RankedHit(id="io.open", text="def open(file):\n    ...", relevant=True),),
                after=(RankedHit(id="os.close"), RankedHit(id="os.dup")),
            ),
        ),
        next_steps=(
            NextStep(text="End the holdover.", command="helmert complete docs"),
            NextStep(text="Wait."),
        ),
        notes=("Intervals are at 95%.",),
    )
