"""The state of a board in its address: what it may say, and what a wrong one is answered with."""

from datetime import UTC, datetime, timedelta

import pytest

from podium.web.board.state import BoardState, board_state, plain

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
COLUMNS = {"rank", "score", "team"}


def state(*, is_revealed: bool = False, **given: str) -> BoardState:
    return board_state(given, COLUMNS, NOW, is_revealed=is_revealed)


def test_nothing_said_is_the_board_of_now_as_ranked() -> None:
    found = state()
    assert found == BoardState(moved_since=datetime(2026, 11, 13, tzinfo=UTC))
    assert found.is_plain
    assert found.query() == "?"


@pytest.mark.parametrize("sort", ["rank", "-rank", "score", "-score", "team"])
def test_a_column_can_be_sorted_by_both_ways(sort: str) -> None:
    found = state(sort=sort)
    assert (found.sort, found.notes) == (sort, ())
    assert found.is_reversed == sort.startswith("-")


@pytest.mark.parametrize(
    "sort", ["nonsense", "--score", "-", "score;drop", "<b>", "x" * 5000, "score\0", "'"]
)
def test_another_column_is_answered_with_a_note(sort: str) -> None:
    found = state(sort=sort)
    assert found.sort == "rank"
    assert "no column" in found.notes[0]
    assert len(found.notes[0]) < 120


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-01", datetime(2026, 11, 1, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2026-11-01T12:00", datetime(2026, 11, 1, 12, tzinfo=UTC)),
        ("2026-11-01 12:00", datetime(2026, 11, 1, 12, tzinfo=UTC)),
        ("2026-11-01T12:00Z", datetime(2026, 11, 1, 12, tzinfo=UTC)),
        ("2026-11-01T12:00+02:00", datetime(2026, 11, 1, 10, tzinfo=UTC)),
        ("2026-11-01T12:00 02:00", datetime(2026, 11, 1, 10, tzinfo=UTC)),
    ],
)
def test_the_time_machine_reads_dates_and_times_in_utc(text: str, moment: datetime) -> None:
    found = state(at=text)
    assert (found.moment, found.notes) == (moment, ())
    assert f"at={text[:10]}" in found.query()


@pytest.mark.parametrize("text", ["2026-11-20", "2026-11-21", "2999-01-01T00:00Z", "9999-12-31"])
def test_the_future_is_now(text: str) -> None:
    found = state(at=text)
    assert (found.moment, found.at, found.notes) == (None, "", ())


@pytest.mark.parametrize(
    "text",
    [
        *("yesterday", "2026-13-01", "2026-02-30", "0001-01-01", "0001-01-01T00:00+14:00", "1"),
        *("\0", "9999-12-31T23:59:59-14:00", "2026-11-01T25:00"),
    ],
)
@pytest.mark.parametrize("name", ["at", "since"])
def test_what_is_no_time_is_answered_with_a_note(name: str, text: str) -> None:
    found = board_state({name: text}, COLUMNS, NOW, is_revealed=False)
    assert found.moment is None
    assert "is not a time" in found.notes[0]


def test_movement_is_told_since_a_week_before_the_moment() -> None:
    assert state(at="2026-11-10").moved_since == datetime(2026, 11, 3, tzinfo=UTC)
    assert state(since="2026-11-15").moved_since == datetime(2026, 11, 15, tzinfo=UTC)


@pytest.mark.parametrize("page", ["0", "-1", "x", "1.5", "²", "9" * 5000, "1e3"])
def test_no_page_is_answered_with_a_note(page: str) -> None:
    found = state(page=page)
    assert found.page == 1
    assert "no page" in found.notes[0]


@pytest.mark.parametrize("pin", ["a b", "<b>", "../x", "x" * 71, "a\0"])
def test_what_is_no_team_is_not_pinned(pin: str) -> None:
    found = state(pin=pin)
    assert found.pin == ""
    assert "pinned" in found.notes[0]


@pytest.mark.parametrize(
    ("part", "is_revealed", "shown", "note"),
    [
        ("public", False, "", ""),
        ("private", False, "", "before the reveal"),
        ("ignored", False, "", "public or private"),
        ("public", True, "public", ""),
        ("private", True, "", ""),
    ],
)
def test_parts_are_told_apart_after_the_reveal(
    part: str, is_revealed: bool, shown: str, note: str
) -> None:
    found = state(part=part, is_revealed=is_revealed)
    assert found.part == shown
    assert note in "".join(found.notes)
    assert bool(note) == bool(found.notes)


def test_links_keep_the_rest_of_the_state() -> None:
    found = state(sort="-score", q=" a  &b ", pin="alpha", page="3", at="2026-11-01")
    assert found.query(page=3) == "?sort=-score&q=a+%26b&pin=alpha&page=3&at=2026-11-01"
    assert found.query(sort="team") == "?sort=team&q=a+%26b&pin=alpha&at=2026-11-01"
    assert found.query(at="", q="") == "?sort=-score&pin=alpha"


def test_states_that_show_the_same_have_one_key() -> None:
    assert state(sort="rank", page="1", part="public").key == state().key
    assert state(page="2").key != state().key
    tomorrow = board_state({}, COLUMNS, NOW + timedelta(days=1), is_revealed=False)
    assert tomorrow.key != state().key  # movement is shown since another day


@pytest.mark.parametrize(
    ("text", "found"), [("Überfitters", "uberfitters"), ("ÉCOLE", "ecole"), ("Straße", "strasse")]
)
def test_names_are_found_without_case_and_accents(text: str, found: str) -> None:
    assert plain(text) == found
