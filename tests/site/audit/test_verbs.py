"""Audit verbs are an enum: each is used, fits its column, and is the only way to record."""

from pathlib import Path

import podium
from podium.audit.models import Event
from podium.audit.verbs import Verb

SOURCES = "\n".join(
    file.read_text(encoding="utf-8") for file in Path(podium.__file__).parent.rglob("*.py")
)


def test_each_verb_is_recorded_and_fits_its_column() -> None:
    longest = Event._meta.get_field("verb").max_length
    assert [verb.name for verb in Verb if f"Verb.{verb.name}" not in SOURCES] == []
    assert max(map(len, Verb.values)) <= longest


def test_events_are_found_by_members_of_the_enum() -> None:
    assert 'verb="' not in SOURCES
