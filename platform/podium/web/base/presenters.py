"""Rows and numbers as the templates' components want them."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from figures.words import number, plural
from podium.challenges.models import Challenge, Phase, Task, Track
from podium.standings.actions import REFERENCE
from podium.standings.feedback import Displayed
from podium.standings.rows import BoardRow
from podium.standings.visible import VisibleBoard

# The values of a template.
Context = dict[str, Any]

FIGURE_SPACE = "\u2007"  # as wide as a digit


def displayed_context(shown: Displayed) -> Context:
    """Return one displayed score with its interval as texts, and its whisker where it has one."""
    texts = {
        "name": shown.metric.name,
        "title": shown.metric.title,
        "direction": "higher is better" if shown.metric.higher_is_better else "lower is better",
        "value": number(shown.value, shown.decimals),
        "reason": shown.reason,
    }
    if shown.low is not None and shown.high is not None:
        texts["interval"] = f"{number(shown.low, shown.decimals)} to " + number(
            shown.high, shown.decimals
        )
    return texts


def challenge_facts(challenge: Challenge) -> list[dict[str, object]]:
    """Return the facts of a challenge's header: where it stands and the next deadline."""
    phase = challenge.phase()
    if phase == Phase.CLOSED and challenge.reveal_at <= timezone.now():
        return [{"label": "Reveal", "value": "soon", "note": "the organizers are preparing it"}]
    upcoming = {
        Phase.DRAFT: ("Opens", challenge.opens_at),
        Phase.ANNOUNCED: ("Opens", challenge.opens_at),
        Phase.OPEN: ("Closes", challenge.closes_at),
        Phase.CLOSED: ("Reveal", challenge.reveal_at),
    }
    facts: list[dict[str, object]] = []
    if phase in upcoming:
        label, at = upcoming[phase]
        facts.append({"label": label, "value": until(at), "at": at})
    return facts


def countdown_facts(challenge: Challenge) -> list[dict[str, object]]:
    """Return the facts of a page that counts down: the team freeze if it is next, and the deadline.

    Not for pages that are kept, whose time to count from would be that of their first reader.
    """
    facts = [{**fact, "is_counted": "at" in fact} for fact in challenge_facts(challenge)]
    freeze = challenge.team_freeze_at
    if challenge.phase() == Phase.OPEN and timezone.now() < freeze < challenge.closes_at:
        counted = {"value": until(freeze), "at": freeze, "is_counted": True}
        facts.insert(0, {"label": "Team freeze", **counted})
    return facts


def public_fact(task: Task, test_rows: int) -> dict[str, object]:
    """Return the fact how much of the test rows is public; the rows themselves stay hidden."""
    public = task.solution.public_rows
    share = f"{round(100 * public / test_rows)} %" if test_rows else "–"
    note = f"{public:,} of {test_rows:,} test rows"
    return {"label": "Public part", "value": share, "note": note}


def is_reference(row: BoardRow) -> bool:
    """Return whether a row is that of the reference baseline."""
    return row.team.baseline == REFERENCE


def reference_row(board: VisibleBoard) -> BoardRow | None:
    """Return the row of the reference baseline, if it is on the board."""
    return next((row for row in board.rows if is_reference(row)), None)


def board_facts(board: VisibleBoard) -> list[dict[str, object]]:
    """Return the facts of a board's header: the viewer's place, or how many teams there are."""
    if board.mine and board.mine.rank:
        note = f"of {plural(board.team_count, 'team')}"
        return [{"label": "Your place", "value": board.mine.rank, "note": note}]
    return [{"label": "Teams", "value": board.team_count}]


def crumb(subject: Challenge | Task | Track) -> dict[str, str]:
    """Return one step of the way that page_header.html shows."""
    return {"label": subject.title, "url": subject.get_absolute_url()}


def crumbs_to(track: Track) -> list[dict[str, str]]:
    """Return the way from the challenge to a track."""
    return [crumb(track.challenge), crumb(track)]


def countdown(at: datetime, now: datetime) -> str:
    """Return how long it is from now until a time: `in 3 d 4 h 12 min`, three units at most.

    Numbers of one digit have a figure space before them, but for the first, so that the text keeps
    its width while the script counts on.
    """
    rest = int((at - now).total_seconds())
    said: list[str] = []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, rest = divmod(max(rest, 0), size)
        if count or said:
            said.append(f"{count:{FIGURE_SPACE + '>2' if said else ''}}\xa0{unit}")
    return "in " + " ".join(said[:3]) if said else "now"


def until(at: datetime) -> str:
    """Return how long it is until a time, in its largest fitting unit."""
    seconds = int((at - timezone.now()).total_seconds())
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"in {plural(seconds // size, unit)}"
    return "in a moment" if seconds > 0 else "now"


def slice_title(by: str) -> str:
    """Return the title of a way to slice the rows."""
    titles = {f"{side}": f"By category of the {side} record" for side in ("left", "right")}
    return titles.get(by, f"By {by.replace('_', ' ')}")
