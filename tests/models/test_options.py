"""Mistakes in a model's table are told by option, and secrets stay out of messages."""

from __future__ import annotations

from pathlib import Path

import pytest

from helmert.errors import ConfigError
from helmert.models.options import ProviderOptions, SecretName, read_options, read_secret
from helmert.models.revision import files_revision, require_revision


class Options(ProviderOptions):
    url: str
    dims: int = 3
    api_key_env: SecretName | None = None


def fault(**options: object) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read_options(Options, options, provider="some")
    return caught.value


def test_defaults_and_values() -> None:
    options = read_options(Options, {"url": "u", "label": "short"}, provider="some")
    assert (options.url, options.dims, options.label, options.query_prefix) == ("u", 3, "short", "")


def test_an_unknown_option_is_named_with_the_allowed_ones() -> None:
    error = fault(url="u", dimz=3)
    assert "Provider 'some'" in error.message
    assert "'dimz' is not known" in error.message
    assert error.next_step is not None
    for name in ("dims", "document_prefix", "family", "label", "price_per_million", "revision", "url"):
        assert name in error.next_step


def test_a_missing_option_and_a_wrong_value_are_told_together() -> None:
    message = fault(dims="many", price_per_million=-1).message
    assert "'url' is missing" in message
    assert "'dims' is 'many'" in message
    assert "'price_per_million' is -1" in message


@pytest.mark.parametrize("name", ["api_key", "apikey", "key", "token", "client_secret"])
def test_a_secret_in_the_file_is_refused_and_not_repeated(name: str) -> None:
    error = fault(url="u", **{name: "sk-live-1234"})
    assert "sk-live-1234" not in f"{error.message} {error.next_step}"
    assert "api_key_env" in error.message


@pytest.mark.parametrize("written", ["sk-live-1234", "abcdef0123456789abcdef", "", "MY KEY"])
def test_a_secret_in_place_of_a_name_is_refused_and_not_repeated(written: str) -> None:
    error = fault(url="u", api_key_env=written)
    assert not written or written not in f"{error.message} {error.next_step}"
    assert "name of an environment variable" in error.message


def test_secrets_come_from_the_environment() -> None:
    assert read_secret("KEY", {"KEY": " value\n"}) == "value"


@pytest.mark.parametrize("environ", [{}, {"KEY": ""}, {"KEY": "  "}])
def test_an_unset_variable_is_named(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="KEY") as caught:
        read_secret("KEY", environ)
    assert caught.value.next_step == "export KEY=..."


@pytest.mark.parametrize("key", ["\u201csk-live\u201d", "sk-\nlive", "sk-\x00"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(ConfigError, match="characters that cannot be part of a key") as caught:
        read_secret("KEY", {"KEY": key})
    assert key not in f"{caught.value.message} {caught.value.next_step}"


def test_options_become_a_space() -> None:
    options = read_options(
        Options,
        {"url": "u", "label": "l", "family": "f", "query_prefix": "q: ", "document_prefix": "d: "},
        provider="some",
    )
    space = options.space(provider="some", model="m", dims=3, revision="r", normalised=False)
    assert (space.model, space.dims, space.revision, space.family, space.label) == ("m", 3, "r", "f", "l")
    assert (space.query_recipe.prefix, space.document_recipe.prefix) == ("q: ", "d: ")
    assert not space.normalised


def test_a_revision_changes_with_any_file_and_not_with_names(tmp_path: Path) -> None:
    one, two, three = tmp_path / "one", tmp_path / "two", tmp_path / "three"
    one.write_bytes(b"weights")
    two.write_bytes(b"tokens")
    three.write_bytes(b"weights")
    assert files_revision(one, two) == files_revision(three, two)
    assert files_revision(one, two) != files_revision(two, one)
    assert len(files_revision(one)) == 16
    three.write_bytes(b"weightsX")
    assert files_revision(one, two) != files_revision(three, two)


def test_a_pinned_revision_must_be_found(tmp_path: Path) -> None:
    found = "0123456789abcdef"
    for wanted in ("", "01234567", found):
        assert require_revision(found, wanted=wanted, where=tmp_path) == found
    for wanted in ("0", "fedcba9876543210", found + "0"):
        with pytest.raises(ConfigError, match=found):
            require_revision(found, wanted=wanted, where=tmp_path)
