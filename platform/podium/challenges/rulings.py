"""What organizers do with rows of a list: planned first, with reasons, then done with all at once.

Each act is an event with its reason, from which the members of the team are notified.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
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
class Target(Generic[Row]):
    """The second row that an act changes, which has to be known before its plan can be made.

    `asks` is the answer that names it. Of the row and the target: `refusal` says why they do not
    go together, or "", `lines` what the act does to both, and `mark` what that depends on.
    """

    asks: str
    refusal: Callable[[Row, Row], str]
    lines: Callable[[Row, Row], Sequence[str]]
    mark: Callable[[Row, Row], Sequence[object]]


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
    target: Target[Row] | None = None
    can_be_undone: bool = True


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
    """What an act would do with each of these rows; with some it may be nothing.

    `other` is the target of an act that has one, None as long as nobody has chosen it. `lines` is
    what the act does to it and the rows, in words, and `depends` what that depends on.
    """

    acts: Acts[Row]
    act: Act[Row]
    fit: Sequence[Row]
    unfit: Sequence[tuple[Row, str]]
    other: Row | None = None
    lines: Sequence[str] = ()
    depends: Sequence[str] = ()

    @property
    def lacks_target(self) -> bool:
        return self.act.target is not None and self.other is None

    @property
    def fingerprint(self) -> str:
        """What the act would change, as a hash: it differs once a row does."""
        rows = [[row.pk, *map(str, self.acts.mark(row))] for row in self.fit]
        if self.other is not None:
            rows.append([self.other.pk, *map(str, self.acts.mark(self.other))])
            rows += [[*self.lines], [*self.depends]]
        return hashlib.sha256(json.dumps([self.act.title, rows]).encode()).hexdigest()

    @property
    def teams(self) -> int:
        """How many teams it concerns."""
        others = [self.other] if self.other is not None and self.fit else []
        return len({self.acts.team(row) for row in [*self.fit, *others]})

    @property
    def given(self) -> Answers:
        """The answers that are known already."""
        return {self.act.target.asks: self.other} if self.act.target else {}


def plan(
    acts: Acts[Row],
    act: str,
    challenge: Challenge,
    picked: Collection[int],
    other: Row | None = None,
) -> Ruling[Row]:
    """Return what the act of this name would do. Raises Refused if nothing or too much is picked.

    Rows of other challenges are left out. `other` is the target of an act that has one.
    """
    return _planned(acts, act, acts.rows(challenge), picked, other)


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
    other = _target_in(acts, act, answers)
    keys = {*picked, *([other.pk] if other is not None else [])}
    known = rows.model._default_manager.select_for_update(no_key=True)
    list(known.filter(pk__in=keys).order_by("pk"))
    ruling = _planned(acts, act, rows, picked, other)
    if ruling.lacks_target:
        raise Refused("no_target", f"Choose the other {acts.noun} first.")
    if ruling.fingerprint != fingerprint:
        raise Refused(
            "moved", f"A {acts.noun} has changed since. Read again what would happen now."
        )
    if "reason" in ruling.act.asks and not str(answers.get("reason", "")).strip():
        raise Refused("bad_reason", NO_REASON)
    for row in ruling.fit:
        ruling.act.carry_out(row, answers, by)
    return ruling


def _target_in(acts: Acts[Row], name: str, answers: Answers) -> Row | None:
    act = acts.by_name.get(name)
    return answers.get(act.target.asks) if act and act.target else None


def _planned(
    acts: Acts[Row], name: str, rows: QuerySet[Any], picked: Collection[int], other: Row | None
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
    ruling = Ruling(
        acts,
        act,
        [row for row, why in refusals if not why],
        [(row, why) for row, why in refusals if why],
    )
    return _aimed(ruling, rows, other) if act.target and other is not None else ruling


def _aimed(ruling: Ruling[Row], rows: QuerySet[Any], other: Row) -> Ruling[Row]:
    """Return the ruling with its target, as it is now: rows that do not go with it do not fit."""
    target, found = ruling.act.target, rows.filter(pk=other.pk).first()
    assert target is not None  # noqa: S101  (only acts that have one come here)
    if found is None:
        noun = ruling.acts.noun
        raise Refused("no_target", f"The other {noun} is not here any more. Choose another.")
    refusals = [(row, target.refusal(row, found)) for row in ruling.fit]
    fit = [row for row, why in refusals if not why]
    return replace(
        ruling,
        fit=fit,
        unfit=[*ruling.unfit, *((row, why) for row, why in refusals if why)],
        other=found,
        lines=[line for row in fit for line in target.lines(row, found)],
        depends=[str(each) for row in fit for each in target.mark(row, found)],
    )
