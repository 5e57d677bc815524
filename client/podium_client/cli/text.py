"""Text for people: tables, submissions, problems and errors as plain lines."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from podium_client.errors import PodiumError

ROWS_SHOWN = 8
DECIMALS = 6


def plain(value: object) -> str:
    """Return a value in one line, without control characters."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")
        case list() | tuple():
            return ", ".join(plain(each) for each in value)
        case _:
            return "".join(letter if letter.isprintable() else " " for letter in str(value))


def prose(value: object) -> list[str]:
    """Return the lines of a longer text, without control characters."""
    return [plain(line).rstrip() for line in str(value or "").strip().splitlines()]


def moment(value: object) -> str:
    """Return an ISO time to the minute in UTC, or an empty text."""
    if not isinstance(value, str) or not value:
        return ""
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return plain(value)
    there = at.astimezone(UTC)
    return f"{there.day} {there:%B %Y, %H:%M} UTC"


def fixed(value: object, decimals: int | None) -> str:
    """Return a number with this many decimals, so that a column aligns."""
    if decimals is None or not isinstance(value, int | float):
        return plain(value)
    return f"{value:.{decimals}f}"


def problems(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a line for each problem of a file, with the rows that have it."""
    return [f"- {plain(each.get('message'))}{_rows(each)}" for each in found]


def _rows(problem: Mapping[str, Any]) -> str:
    rows, count = list(problem.get("rows") or ()), int(problem.get("count") or 0)
    if not rows or (len(rows) == 1 and f"Row {rows[0]:,}:" in plain(problem.get("message"))):
        return ""
    shown = ", ".join(plain(row) for row in rows[:ROWS_SHOWN])
    more = max(count, len(rows)) - len(rows[:ROWS_SHOWN])
    tail = f" and {more:,} more" if more > 0 else ""
    return f" (row{'s' if max(count, len(rows)) > 1 else ''} {shown}{tail})"


def error(found: PodiumError) -> list[str]:
    """Return the text of an error: what to do, and what is wrong where."""
    lines = [plain(found.detail or found.title)]
    lines += [
        f"- {plain(each.get('where'))}: {plain(each.get('message'))}" for each in found.errors
    ]
    lines += problems(found.problems)
    if found.code in {"rules", "rules_changed"}:
        lines.append("`podium rules CHALLENGE` shows them; with --accept it accepts them.")
    if found.code == "same_file":
        lines.append("`podium submit` does so with --again.")
    if found.retry_at and moment(found.retry_at) not in found.detail:
        lines.append(f"Try again after {moment(found.retry_at)}.")
    return lines


def state(submission: Mapping[str, Any]) -> str:
    """Return the state of a submission in words."""
    word = plain(submission["state"])
    position = submission.get("queue_position")
    if word == "queued" and position is not None:
        return f"queued, place {position} in the queue"
    return word


def submission(found: Mapping[str, Any]) -> list[str]:
    """Return a submission's facts, problems and notes; its scores are a separate table."""
    marks = [
        *(["selected for the final"] if found.get("is_selected") else []),
        *(["withdrawn"] if found.get("withdrawn_at") else []),
    ]
    team = plain((found.get("team") or {}).get("name"))
    lines = [
        f"Submission {found['id']} (number {found['number']} of {team} in"
        f" {found['challenge']}/{found['task']}): {', '.join([state(found), *marks])}",
        f"{plain(found.get('original_name'))}, {found.get('bytes', 0):,} bytes,"
        f" received {moment(found.get('received_at'))}",
        *_labelled("Method", found.get("method")),
        *_labelled("Note", found.get("note")),
        *problems(found.get("problems") or ()),
        *notes(found.get("notes") or ()),
    ]
    words = plain((found.get("feedback") or {}).get("words"))
    return [*lines, words] if words and found["state"] == "scored" else lines


def notes(found: Iterable[object]) -> list[str]:
    """Return a line for each note of the site."""
    return [f"- {plain(note)}" for note in found]


def _labelled(label: str, value: object) -> list[str]:
    return [f"{label}: {plain(value)}"] if value else []


def score_rows(scores: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of a table of scores."""
    return [
        {
            "metric": each["title"],
            "part": each.get("part", ""),
            "score": score_of(each),
            "interval": _interval(each),
            "remark": each.get("reason") or ("headline" if each.get("is_headline") else ""),
        }
        for each in scores
    ]


def _interval(score: Mapping[str, Any]) -> str:
    low, high = score.get("low"), score.get("high")
    decimals = _decimals(score)
    return (
        "" if low is None or high is None else f"{fixed(low, decimals)} to {fixed(high, decimals)}"
    )


def score_of(score: Mapping[str, Any]) -> str:
    """Return a score with as many decimals as the site's pages show."""
    return fixed(score["value"], _decimals(score))


def _decimals(score: Mapping[str, Any]) -> int | None:
    decimals = score.get("decimals")
    return None if decimals is None else min(decimals, DECIMALS)
