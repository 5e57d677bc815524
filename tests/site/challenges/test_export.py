"""A challenge is exported as the file that makes it, and a part of a file changes that part."""

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.utils import timezone

from podium.catalog.models import SolutionComparison
from podium.challenges import sisters
from podium.challenges.actions import apply, change, create
from podium.challenges.definition import BadDefinition, definition_of, parse
from podium.challenges.export import definition_text, document_of
from podium.challenges.models import Challenge, Role
from podium.challenges.state import state_of
from tests.site import factories
from tests.site.challenges.definitions import applied, document

__all__ = ["document"]

ODD = "Rules: 1. Ünïcode “quotes”, 'single'\n\n  indented\t\n# no comment\nlast \n\n"


def exported(challenge: Challenge) -> str:
    out = StringIO()
    call_command("challenge", "export", challenge.slug, stdout=out)
    assert out.getvalue() == definition_text(challenge)
    return out.getvalue()


@pytest.fixture(autouse=True)
def _different(monkeypatch: pytest.MonkeyPatch) -> None:
    """No two data sets here have a row in common, nor files to compare."""
    monkeypatch.setattr(sisters, "compare", lambda *_: SolutionComparison())


@pytest.fixture
def full(document: dict[str, Any]) -> Challenge:
    """A challenge with something in every key."""
    factories.make_user("olga")
    factories.make_solution(factories.make_dataset_version("classification", "pets"))
    document["challenge"] |= {
        "description": ODD,
        "rules": "one line\r\nof a browser",
        "prizes": "- a: cup\n",
        "entry": {"addresses": ["@uni.example", "jane@example.org"]},
        "organizers": {"olga@example.org": "owner"},
        "show_affiliations": True,
    }
    task = {"slug": "pets", "title": "'Pets'", "dataset": "pets", "headline": "macro_f1"}
    extra = {"step": 0.001, "ceiling": 0.97, "feedback": "ladder", "description": " x\n"}
    document["challenge"]["tracks"].append(
        {"kind": "classification", "title": "no", "tasks": [task | extra]}
    )
    document["challenge"]["announcements"].append({"title": "2027", "body": "a\n\nb"})
    return applied(document)


def test_an_export_makes_an_equal_challenge_and_the_same_bytes(full: Challenge) -> None:
    text, before = exported(full), state_of(full)
    assert 'rules: "one line\\r\\nof a browser"' in text
    assert text.index("kind: matching") < text.index("kind: classification")
    apply(definition=parse(text))
    assert (state_of(full), exported(full)) == (before, text)
    full.delete()
    again = apply(definition=parse(text))
    assert (state_of(again), exported(again)) == (before, text)


def test_an_export_of_the_least_challenge_is_read_again(db: None) -> None:
    challenge = factories.make_challenge()
    text, before = exported(challenge), state_of(challenge)
    challenge.delete()
    assert state_of(apply(definition=parse(text))) == before


def test_what_is_not_there_is_not_exported(db: None) -> None:
    with pytest.raises(CommandError, match="There is no challenge `cup`"):
        call_command("challenge", "export", "cup")


@pytest.mark.parametrize(
    ("part", "changed"),
    [
        ({"title": "New"}, {"title": "New"}),
        ({"timeline": {"freeze_hours": 3}}, {"freeze_hours": 3}),
        (
            {"tracks": [{"kind": "classification", "title": "C"}]},
            {"tracks.classification.title": "C"},
        ),
        (
            {"tracks": [{"kind": "matching", "tasks": [{"slug": "exact", "daily_limit": 9}]}]},
            {"tasks.exact.daily_limit": 9},
        ),
        ({"tracks": [{"kind": "classification"}, {"kind": "matching"}]},
         {"tracks.classification.position": 0, "tracks.matching.position": 1}),
        ({}, {}),
    ],
)  # fmt: skip
def test_a_part_of_a_definition_changes_that_part_alone(
    full: Challenge, part: dict[str, Any], changed: dict[str, Any]
) -> None:
    before = state_of(full)
    apply(definition=definition_of({"slug": "cup", **part}))
    assert state_of(full) == {**before, **changed}


def test_a_new_task_comes_after_the_others(full: Challenge) -> None:
    task = {"slug": "aaa", "title": "A", "dataset": "pairs", "headline": "f1"}
    part = {"slug": "cup", "tracks": [{"kind": "matching", "tasks": [task]}]}
    apply(definition=definition_of(part))
    assert list(full.tasks.values_list("slug", flat=True)) == ["exact", "aaa", "pets"]


def test_a_challenge_can_begin_without_tracks(document: dict[str, Any]) -> None:
    del document["challenge"]["tracks"]
    assert not applied(document).tracks.exists()


def test_a_step_can_be_left_to_the_opening_again(document: dict[str, Any]) -> None:
    document["challenge"]["timeline"]["opens_at"] = "now+1d"
    task = document["challenge"]["tracks"][0]["tasks"][0]
    task["step"] = 0.02
    assert applied(document).tasks.get().step
    task["step"] = None
    assert applied(document).tasks.get().step is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("challenge:\n  slug: a\n  slug: b\n", "the key `slug` is in lines 2 and 3. Keep one."),
        ("challenge:\n  7: a\n", "the key `7` in line 2 is not a word. Put it in quotes."),
        ("challenge:\n  [1, 2]: a\n", "in line 2 is not a word"),
        ("challenge:\n  slug: a\n  titel: b\n", "challenge (line 3) has an unknown key `titel`."),
        ("challenge:\n  slug: a\n  timeline:\n    now: 1\n", "challenge.timeline (line 4) has an"),
        (
            "challenge:\n  slug: a\n  timeline: {}\n  tracks:\n  - kind: matching\n    tasks:\n"
            "    - slug: t\n      daily_limit: many\n",
            "tracks[0].tasks[0] (line 8): daily_limit `many` is not a whole number.",
        ),
        ("challenge: {slug: a}\nchallenges: 1\n", "has `challenges` in addition to `challenge`"),
        ("[" * 5000, "it is nested too deeply"),
        ("challenge: !!python/object/apply:os.system [ls]", "not YAML that can be read"),
        ("challenge: &a {slug: *a}", "not YAML that can be read"),
        ("challenge: {slug: 2027-99-99}", "not YAML that can be read"),
        ("a" * 1_000_001, "more than 1,000,000 characters. Shorten"),
    ],
)  # fmt: skip
def test_an_error_says_where_it_is(text: str, says: str) -> None:
    with pytest.raises(BadDefinition) as caught:
        parse(text)
    assert says in str(caught.value)


@pytest.mark.parametrize("value", ["now+99999999999d", "never", "2027-13-01"])
def test_a_time_that_is_none_is_refused_with_its_line(document: dict[str, Any], value: str) -> None:
    document["challenge"]["timeline"]["closes_at"] = value
    with pytest.raises(BadDefinition, match=r"challenge.timeline.closes_at \(line \d+\): `"):
        applied(document)


def test_who_makes_a_challenge_owns_it_and_takes_their_own_data(
    document: dict[str, Any],
) -> None:
    nora = factories.make_user("nora")
    definition = parse(yaml.safe_dump(document))
    with pytest.raises(BadDefinition, match="data set pairs 1 is not yours"):
        create(definition=definition, by=nora)
    assert not Challenge.objects.exists()
    version = factories.make_dataset_version("matching", "own")
    version.editors.add(nora)
    factories.make_solution(version)
    document["challenge"]["tracks"][0]["tasks"][0]["dataset"] = "own"
    made = create(definition=parse(yaml.safe_dump(document)), by=nora)
    assert made.organizers.get().role == Role.OWNER
    with pytest.raises(BadDefinition, match="`cup` is the address of another challenge"):
        create(definition=parse(yaml.safe_dump(document)), by=factories.make_user("mia"))


def test_an_owner_takes_no_foreign_data_into_a_challenge(document: dict[str, Any]) -> None:
    nora, challenge = factories.make_user("nora"), applied(document)
    factories.make_organizer(challenge, nora, Role.OWNER)
    factories.make_solution(factories.make_dataset_version("matching", "foreign"))
    task = {"slug": "new", "title": "New", "dataset": "foreign", "headline": "f1"}
    part = {"slug": "cup", "tracks": [{"kind": "matching", "tasks": [task]}]}
    with pytest.raises(BadDefinition, match="data set foreign 1 is not yours"):
        change(definition=definition_of(part), by=nora)
    task["dataset"] = "pairs"  # that of a challenge that they own
    assert change(definition=definition_of(part), by=nora).tasks.count() == 2
    part["title"] = "New"
    change(definition=definition_of({"slug": "cup", "title": "New"}), by=factories.make_user("mia"))


def test_times_are_exported_to_the_microsecond_in_utc(db: None) -> None:
    at = datetime(2027, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    challenge = factories.make_challenge(announced_at=at)
    assert "announced_at: 2027-01-02T03:04:05.000678Z\n" in exported(challenge)
    with timezone.override("Asia/Tokyo"):
        assert document_of(challenge)["timeline"]["announced_at"] == at
        assert "2027-01-02T03:04:05.000678Z" in exported(challenge)
