"""`select`: from a project in a folder to a scorecard and its files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from helmert import commands
from helmert.commands.evalset_building import sample
from helmert.commands.selecting import Files, Selected, Wish
from helmert.errors import BadInput, ConfigError, NotFound, UsageError
from helmert.testing.embedder import Faults, ToyEmbedder
from helmert.testing.openai_server import serve
from tests.commands.projects import Endpoints, Project

QUICK = Wish(latency=False, sweep=False)


def selected(project: Project, wish: Wish = QUICK, files: Files | None = None) -> Selected:
    with project.open() as workspace:
        return commands.select(workspace, wish=wish, files=files)


def add(project: Project, text: str) -> None:
    with project.settings.open("a", encoding="utf-8") as settings:
        settings.write(text)


def test_all_models_and_bm25_take_part(project: Project) -> None:
    found = selected(project)
    assert {row.name for row in found.scorecard.rows} == {"small", "large", "BM25"}
    assert (found.go, found.exit_code, found.files) == (True, 0, ())
    assert found.scorecard.choice is not None
    assert found.next_step == f"helmert plan docs --model {found.scorecard.choice.recommended}"
    json.dumps(found.to_dict())


def test_nothing_but_vectors_on_disk_is_left_behind(project: Project) -> None:
    with project.open() as workspace:
        before = commands.status(workspace).to_dict()
    selected(project, replace(QUICK, index_loss=True))
    with project.open() as workspace:
        assert commands.status(workspace).to_dict() == before
        assert list(workspace.store("default").list_indexes()) == []
    assert not list((project.folder / ".helmert").glob("scratch-*"))
    assert list((project.folder / ".helmert" / "vectors").iterdir())


def test_a_second_selection_embeds_nothing_but_canaries(project: Project, servers: Endpoints) -> None:
    selected(project)
    before = servers.requests
    selected(project)
    assert servers.requests - before == 4


def test_the_live_model_is_the_reference(live: Project) -> None:
    card = selected(live).scorecard
    assert card.reference == "small"
    card = selected(live, replace(QUICK, models=["large"])).scorecard
    assert card.reference == "BM25"
    assert any("The live model small does not take part" in warning for warning in card.warnings)


def test_the_files_are_written_whole(project: Project, tmp_path: Path) -> None:
    files = Files(html=tmp_path / "card.html", markdown=tmp_path / "card.md", json=tmp_path / "card.json")
    found = selected(project, files=files)
    assert found.files == tuple(str(path) for path in (files.html, files.markdown, files.json))
    assert (tmp_path / "card.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "BM25" in (tmp_path / "card.md").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "card.json").read_text(encoding="utf-8"))["format"] == 1
    assert not list(tmp_path.glob("*.new"))


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_paid(
    project: Project, servers: Endpoints, tmp_path: Path
) -> None:
    before = servers.requests
    for path in (tmp_path / "nowhere" / "card.html", tmp_path):
        with pytest.raises(UsageError, match="cannot be written"):
            selected(project, files=Files(html=path))
    assert servers.requests == before


def test_a_model_that_does_not_answer_has_a_row_and_the_others_have_numbers(project: Project) -> None:
    add(project, '\n[models.gone]\nprovider = "openai"\nurl = "http://127.0.0.1:9/v1"\nmodel = "gone"\nattempts = 1\n')
    found = selected(project)
    (gone,) = [row for row in found.scorecard.rows if row.failure]
    assert gone.name == "gone"
    assert "cannot be reached" in gone.failure
    assert found.exit_code == 0


def test_a_key_that_is_not_set_costs_only_that_row(project: Project) -> None:
    add(
        project,
        '\n[models.keyed]\nprovider = "openai"\nurl = "http://127.0.0.1:9/v1"\nmodel = "keyed"\n'
        'api_key_env = "HELMERT_TEST_KEY_THAT_NOBODY_SETS"\n',
    )
    (keyed,) = [row for row in selected(project).scorecard.rows if row.failure]
    assert "HELMERT_TEST_KEY_THAT_NOBODY_SETS" in keyed.failure


def test_a_document_over_the_limit_of_an_endpoint_costs_only_itself(project: Project) -> None:
    with project.open() as workspace:
        word = workspace.corpus("docs").texts[4].split()[-1]
    with serve(ToyEmbedder(model="picky", dims=16, faults=Faults(poison=word))) as picky:
        add(project, f'\n[models.picky]\nprovider = "openai"\nurl = "{picky.url}"\nmodel = "picky"\ndims = 16\n')
        wish = replace(QUICK, models=["picky"])
        first = selected(project, wish).scorecard
        before = len(picky.requests)
        again = selected(project, wish).scorecard
        assert len(picky.requests) - before <= 4, "two canaries, and one text of each side that was refused before"
    row = next(row for row in first.rows if row.name == "picky")
    assert not row.failure
    assert any("never found" in note and "answered 400" in note for note in row.notes)
    assert [each.quality for each in again.rows] == [each.quality for each in first.rows]


def test_when_no_model_works_the_exit_code_is_that_of_a_failure(project: Project) -> None:
    with serve(ToyEmbedder(model="toy-small", dims=16, faults=Faults(outage=range(1, 99)))) as dead:
        add(
            project, f'\n[models.dead]\nprovider = "openai"\nurl = "{dead.url}"\nmodel = "t"\ndims = 16\nattempts = 1\n'
        )
        found = selected(project, replace(QUICK, models=["dead"]))
    assert (found.go, found.exit_code) == (False, 3)
    assert found.next_step == "helmert doctor"
    assert [row.name for row in found.scorecard.rows] == ["BM25", "dead"]


def test_a_prompt_variant_is_a_candidate_and_shares_the_documents(project: Project, servers: Endpoints) -> None:
    add(project, '\n[selection.prompts.ask]\nmodel = "small"\nquery_prefix = "find "\n')
    selected(project, replace(QUICK, models=["small"]))
    before = len(servers.small.requests)
    found = selected(project, replace(QUICK, models=["small", "small+ask"]))
    rows = {row.name: row for row in found.scorecard.rows}
    assert rows["small+ask"].prompt == "ask"
    assert rows["small+ask"].bulk is not None
    assert rows["small+ask"].bulk.texts == 0
    assert len(servers.small.requests) - before == 5, "canaries of three sides, its queries, and a canary after them"


def test_a_recommended_prompt_variant_says_how_to_use_it(project: Project) -> None:
    add(project, '\n[selection.prompts.ask]\nmodel = "small"\nquery_prefix = "find "\n')
    found = selected(project, replace(QUICK, models=["small+ask"]))
    assert found.next_step.startswith("write the prefixes of 'ask' into a model")


def test_the_wish_goes_before_the_settings(project: Project) -> None:
    add(project, '\n[selection]\nprimary = "recall@5"\nholdout = 0.5\nseed = 3\n')
    card = selected(project).scorecard
    assert (card.primary, card.settings["holdout"]) == ("recall@5", 0.5)
    assert card.choice is not None
    assert card.choice.confirmed is not None
    card = selected(project, replace(QUICK, measure="MRR@10", holdout=0.0)).scorecard
    assert (card.primary, card.settings["holdout"], card.settings["seed"]) == ("MRR@10", 0.0, 3)


def test_latency_is_measured_at_the_rate_asked_for(project: Project) -> None:
    add(project, "\n[selection]\nlatency_seconds = 0.3\n")
    card = selected(project, Wish(models=["small"], rate=50.0, budget_ms=500.0, sweep=False)).scorecard
    row = next(row for row in card.rows if row.name == "small")
    assert row.latency is not None
    assert (row.latency.offered, row.latency.budget) == (50.0, 0.5)
    assert row.latency.sent > 0
    assert "cores" in row.latency.note


def test_a_sampled_set_brings_its_documents(project: Project) -> None:
    with project.open() as workspace:
        sample(workspace, project.folder / "pooled")
    found = selected(project, replace(QUICK, evalset=project.folder / "pooled"))
    assert {row.pool_depth for row in found.scorecard.rows} == {50}


def test_leaderboard_results_are_a_prior(project: Project, tmp_path: Path) -> None:
    board = tmp_path / "board.json"
    board.write_text('{"toy-small": 0.6, "toy-large": 0.4}', encoding="utf-8")
    (known,) = selected(project, replace(QUICK, priors=[board])).scorecard.priors
    assert known.scores == {"small": 0.6, "large": 0.4}


def test_mistakes_name_what_is_wrong(project: Project, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"No candidate 'medium' in helmert.toml. Defined: small, large"):
        selected(project, replace(QUICK, models=["small", "medium"]))
    with pytest.raises(UsageError, match="There is no measure"):
        selected(project, replace(QUICK, measure="recal@10"))
    with pytest.raises(UsageError, match="holdout is a share"):
        selected(project, replace(QUICK, holdout=1.5))
    with pytest.raises(NotFound):
        selected(project, replace(QUICK, evalset=tmp_path / "nothing"))
    (tmp_path / "board.json").write_text("[1", encoding="utf-8")
    with pytest.raises(BadInput, match=r"board\.json"):
        selected(project, replace(QUICK, priors=[tmp_path / "board.json"]))
    project.edit('evalset = "labels"\n', "")
    with pytest.raises(UsageError, match="has no labelled queries"):
        selected(project)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('primary = "recal@10"', "There is no measure 'recal@10'"),
        ("holdout = 1.0", "less than 1"),
        ('quantisations = ["int4"]', "binary"),
        ("dims = [0]", "greater than or equal to 1"),
        ("queries_per_month = -1", "greater than or equal to 0"),
    ],
)
def test_a_wrong_setting_is_named_with_its_line(project: Project, line: str, said: str) -> None:
    add(project, f"\n[selection]\n{line}\n")
    place = len(project.settings.read_text(encoding="utf-8").splitlines())
    with pytest.raises(ConfigError, match=said) as error:
        selected(project)
    assert f"helmert.toml:{place}: selection." in error.value.message
