"""The state in a board's address: order, filter, time, page."""

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, time, timedelta
from urllib.parse import urlencode

from django.utils.dateparse import parse_date, parse_datetime

from podium.submissions.models import Part

BY_RANK = "rank"
PAGE_ROWS = 60
WEEK = timedelta(days=7)
LONGEST_NAME = 60
MOST_PAGES = 10_000
FIRST_YEAR = 1970


@dataclass(frozen=True)
class BoardState:
    """One state of a board's page, as texts that come back the same in every link of the page.

    `sort` is a column's key, with `-` before it for the other direction. `moment` and `moved_since`
    are `at` and `since` as times; without a moment the board is that of now.
    """

    sort: str = BY_RANK
    q: str = ""
    pin: str = ""
    page: int = 1
    at: str = ""
    since: str = ""
    part: str = ""
    moment: datetime | None = None
    moved_since: datetime | None = None
    notes: tuple[str, ...] = ()

    @property
    def column(self) -> str:
        return self.sort.removeprefix("-")

    @property
    def is_reversed(self) -> bool:
        return self.sort.startswith("-")

    @property
    def is_plain(self) -> bool:
        """Return whether the rows stand as they are ranked, none of them left out."""
        return self.sort == BY_RANK and not self.q

    def query(self, **changes: object) -> str:
        """Build a link's query string from this state with changes, leaving out default values.

        Another order or filter begins at its first page.
        """
        start: dict[str, object] = {} if "page" in changes else {"page": 1}
        changed = replace(self, **{**start, **changes})  # type: ignore[arg-type]
        said = {name: str(getattr(changed, name)) for name in _SAID}
        return "?" + urlencode({k: v for k, v in said.items() if v != _UNSAID[k]})

    @property
    def key(self) -> str:
        """Return all that the table depends on, as one text."""
        return repr((self.query(page=self.page), self.moment, self.moved_since))


_SAID = ("sort", "q", "pin", "page", "at", "since", "part")
_UNSAID = {each.name: str(each.default) for each in fields(BoardState) if each.name in _SAID}


def board_state(
    given: Mapping[str, str], columns: Collection[str], now: datetime, *, is_revealed: bool
) -> BoardState:
    """Return the state that a query asks for; `notes` say what of it could not be followed.

    `columns` are the keys that the board can be sorted by.
    """
    notes: list[str] = []
    sort = given.get("sort", "") or BY_RANK
    if sort.removeprefix("-") not in columns:
        notes.append(
            f"This leaderboard has no column “{_short(sort)}” to sort by. It is shown by rank."
        )
        sort = BY_RANK
    at, moment = _time(given.get("at", ""), "at", notes, end_of_day=True)
    if moment and moment >= now:
        at, moment = "", None
    since, moved_since = _time(given.get("since", ""), "since", notes)
    week_ago = datetime.combine(((moment or now) - WEEK).astimezone(UTC), time(), UTC)
    if moved_since == week_ago:
        since = ""
    return BoardState(
        sort=sort,
        q=" ".join(given.get("q", "").replace("\0", "").split())[:LONGEST_NAME],
        pin=_pin(given.get("pin", ""), notes),
        page=_page(given.get("page", ""), notes),
        at=at,
        since=since,
        part=_part(given.get("part", ""), notes, is_revealed=is_revealed),
        moment=moment,
        moved_since=moved_since or week_ago,
        notes=tuple(notes),
    )


def plain(text: str) -> str:
    """Return a text without case and accents, for comparing and sorting names."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


def _time(
    text: str, name: str, notes: list[str], *, end_of_day: bool = False
) -> tuple[str, datetime | None]:
    """Return a date or time as it was typed and as a time; UTC where no zone is said."""
    text = text.strip().replace(" ", "+")  # a plus sign that an address lost
    if not text:
        return "", None
    try:
        day = parse_date(text)
        if day and day.year >= FIRST_YEAR:
            return text, datetime.combine(day, time.max if end_of_day else time.min, UTC)
        found = parse_datetime(text) or parse_datetime(text.replace("+", " "))
        if found is not None and found.year >= FIRST_YEAR:
            zoned = found.replace(tzinfo=UTC) if found.tzinfo is None else found
            return text, zoned.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    notes.append(
        f"“{_short(text)}” is not a time ({name}). Write a date such as 2026-11-20 or a time like "
        "2026-11-20T12:00Z."
    )
    return "", None


def _page(text: str, notes: list[str]) -> int:
    if not text:
        return 1
    if text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST_PAGES:
        return int(text[:9])
    notes.append(f"There is no page “{_short(text)}”. This is the first one.")
    return 1


def _pin(text: str, notes: list[str]) -> str:
    if len(text) <= 70 and all(sign.isalnum() or sign in "-_" for sign in text):
        return text
    notes.append(f"No team has the address “{_short(text)}”. Nothing is pinned.")
    return ""


def _part(text: str, notes: list[str], *, is_revealed: bool) -> str:
    if text in {"", Part.PRIVATE if is_revealed else Part.PUBLIC}:
        return ""
    if text == Part.PUBLIC:
        return text
    if text == Part.PRIVATE:
        notes.append("Nothing of the private part is shown before the reveal.")
    else:
        notes.append(f"There is no part “{_short(text)}”: a leaderboard is public or private.")
    return ""


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
