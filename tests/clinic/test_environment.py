"""Settings: a default in development, no start on a weak value in production."""

import base64
import secrets
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from clinic import environment


@pytest.fixture(autouse=True)
def developer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", "True")
    monkeypatch.delenv("THING", raising=False)


@pytest.fixture
def _in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", "False")


def test_without_a_word_about_debug_this_is_a_developers_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DEBUG")
    assert not environment.production()


def test_a_given_value_wins_over_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THING", " given ")
    assert environment.text("THING", "default") == "given"


def test_an_empty_value_counts_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THING", "  ")
    assert environment.text("THING", "default") == "default"


def test_a_developer_may_leave_a_required_value_out() -> None:
    assert environment.text("THING", "default", required=True) == "default"


@pytest.mark.usefixtures("_in_production")
def test_production_names_the_required_value_that_is_missing() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^THING is missing"):
        environment.text("THING", "default", required=True)


@pytest.mark.usefixtures("_in_production")
@pytest.mark.parametrize("weak", ["short", "default-key-known-to-all-the-world-" * 2, "ab" * 40])
def test_production_refuses_a_weak_secret(weak: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THING", weak)
    with pytest.raises(ImproperlyConfigured, match=r"^THING is weak") as refused:
        environment.secret("THING", "default-key-known-to-all-the-world-" * 2)
    assert weak not in str(refused.value)


@pytest.mark.usefixtures("_in_production")
def test_production_takes_a_drawn_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THING", drawn := secrets.token_urlsafe(64))
    assert environment.secret("THING", "default") == drawn


def test_a_developer_needs_no_secret() -> None:
    assert environment.secret("THING", "development") == "development"


@pytest.mark.parametrize(("written", "meant"), [("True", True), ("False", False)])
def test_a_flag_is_true_or_false(
    written: str, meant: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THING", written)
    assert environment.flag("THING", default=not meant) is meant


@pytest.mark.parametrize("slip", ["true", "1", "no", "Flase"])
def test_a_flag_spelled_otherwise_is_refused(slip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THING", slip)
    with pytest.raises(ImproperlyConfigured, match=r"THING is .*: write True or False"):
        environment.flag("THING", default=False)


@pytest.mark.parametrize("slip", ["seven", "-1", "1.5", "0", "100"])
def test_a_number_out_of_its_bounds_is_refused(slip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THING", slip)
    with pytest.raises(ImproperlyConfigured, match=r"THING is .*from 1 to 99"):
        environment.number("THING", 8, least=1, most=99)


def test_a_number_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THING", "42")
    assert environment.number("THING", 8) == 42


def test_words_are_divided_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THING", "clinic.example, localhost,,")
    assert environment.listing("THING") == ["clinic.example", "localhost"]


def test_a_choice_is_one_of_those_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THING", "ru")
    assert environment.choice("THING", "en", among={"en", "ru"}) == "ru"
    with pytest.raises(ImproperlyConfigured, match="THING is 'ru': write one of en, uk"):
        environment.choice("THING", "en", among={"en", "uk"})


def test_an_address_with_a_foreign_scheme_is_refused_without_repeating_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("THING", "mysql://me:password@host/name")
    with pytest.raises(ImproperlyConfigured, match="THING does not start with") as refused:
        environment.url("THING", schemes={"postgresql"})
    assert "password" not in str(refused.value)


def test_an_address_is_taken_apart_as_it_was_meant() -> None:
    parts = environment.parts("smtp+tls://desk%40clinic.example:p%2Fss@mail.example:587")
    assert parts == environment.Address(
        scheme="smtp+tls",
        host="mail.example",
        port=587,
        user="desk@clinic.example",
        password="p/ss",
    )


def test_what_an_address_does_not_name_is_empty() -> None:
    parts = environment.parts("smtp://mail.example")
    assert (parts.port, parts.user, parts.password) == (None, "", "")


def test_a_path_is_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THING", "var/media")
    assert environment.path("THING", Path("x")) == Path.cwd() / "var" / "media"


def test_the_published_key_does_not_start_a_real_clinic(monkeypatch: pytest.MonkeyPatch) -> None:
    published = base64.urlsafe_b64encode(b"0" * 32).decode()
    monkeypatch.setenv("THING", published)
    monkeypatch.setenv("DEBUG", "False")
    with pytest.raises(ImproperlyConfigured, match="THING holds the key of the development"):
        environment.keys("THING", published)
    monkeypatch.setenv("DEBUG", "True")
    assert environment.keys("THING", published) == [published]


@pytest.mark.parametrize("key", ["too-short", "no base64 at all!", "YWJj"])
def test_a_key_of_another_length_is_refused(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THING", key)
    with pytest.raises(ImproperlyConfigured, match="32 bytes"):
        environment.keys("THING", "")
