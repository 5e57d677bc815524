"""What organizers do with rows of a list: planned first, with reasons, then done with all at once.

Each act is an event with its reason, from which the members of the team are notified.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import transaction
from django.db.models import QuerySet

from podium.accounts.models import User
from podium.challenges.models import Challenge
from podium.refusals import Refused

MOST_AT_ONCE = 500
NO_REASON = "Give a reason: the members of the teams read it."

Row = TypeVar("Row", bound=Any)
Answers = Mapping[str, Any]
"""What an act asks for, by name."""


@dataclass(frozen=True)
class Act(Generic[Row]):
    """Something that can be done with a row.

    `refusal` says why it cannot be done with this one, or "". `asks` names what the act has to
    know; the members of the team are notified of an act that asks for its reason. `moves_ranks`:
    what it does to the boards is shown before it is done. `most`: with how many rows at a time.
    """

    title: str
    done: str
    refusal: Callable[[Row], str]
    carry_out: Callable[[Row, Answers, User], object]
    asks: tuple[str, ...] = ("reason",)
    is_danger: bool = False
    moves_ranks: bool = False
    most: int = MOST_AT_ONCE


@dataclass(frozen=True)
class Acts(Generic[Row]):
    """What can be done with the rows of one list.

    `rows` are those of a challenge, `mark` is what acts change of a row, `team` its team's id.
    """

    noun: str
    rows: Callable[[Challenge], QuerySet[Any]]
    mark: Callable[[Row], Sequence[object]]
    team: Callable[[Row], int]
    by_name: Mapping[str, Act[Row]]


@dataclass(frozen=True)
class Ruling(Generic[Row]):
    """What an act would do with each of these rows; with some it may be nothing."""

    acts: Acts[Row]
    act: Act[Row]
    fit: Sequence[Row]
    unfit: Sequence[tuple[Row, str]]

    @property
    def fingerprint(self) -> str:
        """What the act would change, as a hash: it differs once a row does."""
        rows = [[row.pk, *map(str, self.acts.mark(row))] for row in self.fit]
        return hashlib.sha256(json.dumps([self.act.title, rows]).encode()).hexdigest()

    @property
    def teams(self) -> int:
        """How many teams it concerns."""
        return len({self.acts.team(row) for row in self.fit})


def plan(acts: Acts[Row], act: str, challenge: Challenge, picked: Collection[int]) -> Ruling[Row]:
    """Return what the act of this name would do. Raises Refused if nothing or too much is picked.

    Rows of other challenges are left out.
    """
    return _planned(acts, act, acts.rows(challenge), picked)


@transaction.atomic
def carry_out(
    acts: Acts[Row],
    act: str,
    challenge: Challenge,
    picked: Collection[int],
    *,
    fingerprint: str,
    answers: Answers,
    by: User,
) -> Ruling[Row]:
    """Do it with all rows for which it was planned, or with none. Raises Refused."""
    rows = acts.rows(challenge)
    list(rows.model._default_manager.select_for_update(no_key=True).filter(pk__in=picked))
    ruling = _planned(acts, act, rows, picked)
    if ruling.fingerprint != fingerprint:
        raise Refused(
            "moved", f"A {acts.noun} has changed since. Read again what would happen now."
        )
    if "reason" in ruling.act.asks and not str(answers.get("reason", "")).strip():
        raise Refused("bad_reason", NO_REASON)
    for row in ruling.fit:
        ruling.act.carry_out(row, answers, by)
    return ruling


def _planned(
    acts: Acts[Row], name: str, rows: QuerySet[Any], picked: Collection[int]
) -> Ruling[Row]:
    act = acts.by_name.get(name)
    if act is None:
        raise Refused("act", "Choose what to do with them.")
    if not picked:
        raise Refused("none_picked", f"Choose {acts.noun}s first: tick them.")
    if len(picked) > act.most:
        noun = acts.noun if act.most == 1 else f"{acts.noun}s"
        raise Refused("many_picked", f"Choose at most {act.most} {noun} at a time.")
    refusals = [(row, act.refusal(row)) for row in rows.filter(pk__in=picked).order_by("pk")]
    return Ruling(
        acts,
        act,
        [row for row, why in refusals if not why],
        [(row, why) for row, why in refusals if why],
    )
