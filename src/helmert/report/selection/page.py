"""The scorecard as one HTML file that needs nothing else: no network, no script, charts as inline SVG."""

from __future__ import annotations

from helmert.report.selection import operation, parts, provenance, quality, scatter, storing
from helmert.report.templating import environment
from helmert.selection.scorecard import Scorecard


def render_scorecard_html(card: Scorecard) -> str:
    """The whole page as text; write it as UTF-8. Sections without data are left out.

    Everything from the scorecard is escaped, and the page's own content security policy forbids scripts and requests
    of any kind, so that a hostile document can at worst look odd.
    """
    return (
        environment()
        .get_template("selection.html")
        .render(
            card=card,
            facts=provenance.facts(card),
            quality=quality.quality_table(card),
            rivals=quality.unbeaten_baselines(card),
            quality_notes=quality.row_notes(card),
            contrasts=quality.contrast_table(card),
            operation=operation.operation_table(card),
            latency_notes=operation.latency_notes(card),
            costs=operation.cost_table(card),
            cost_inputs=operation.cost_inputs(card),
            panels=scatter.panels(card),
            frame=scatter,
            storing=storing.storing_tables(card),
            storing_notes=storing.storing_notes(card),
            slices=parts.slice_table(card),
            slice_ticks=parts.slice_ticks(card),
            languages=parts.language_tables(card),
            index_loss=parts.index_loss_table(card),
            priors=parts.prior_tables(card),
            methods=provenance.methods(card),
            origins=provenance.origins(card),
        )
    )
