"""What organizers' operations share: a plan as it is sent, and what carries it out."""

from datetime import datetime

from ninja import Schema
from pydantic import Field

from podium.api.base.shapes import Text, example, strict

MOST_REASON = 1000


class PlaceOut(Schema):
    """A team's place on a board."""

    rank: int | None
    score: float | None
    model_config = example(rank=2, score=0.81)


class MoveOut(Schema):
    """A team whose place on a board changes."""

    team: str
    before: PlaceOut | None = Field(description="null: not on the board.")
    after: PlaceOut | None = Field(description="null: not on the board.")
    model_config = example(
        team="Alpha", before={"rank": 2, "score": 0.81}, after={"rank": 1, "score": 0.81}
    )


class BoardMoves(Schema):
    """A board on which somebody moves."""

    title: str
    rows: int = Field(description="How many rows it has afterwards.")
    changed: int = Field(description="How many rows change. `changes` has the first 100.")
    changes: list[MoveOut]
    model_config = example(title="Pairs", rows=12, changed=0, changes=[])


class PlanOut(Schema):
    """What an act would do. Nothing has happened yet."""

    plan: str = Field(description="Its id, for carry_out. It may be long, and it is only yours.")
    expires_at: datetime
    act: str = Field(description="What is done.")
    lines: list[str] = Field(description="What changes, a sentence or `before → after` each.")
    skipped: list[str] = Field(description="What is left out, each with the reason.")
    teams: int = Field(description="How many teams it concerns. Their members are notified.")
    boards: list[BoardMoves] = Field(description="The boards on which ranks move.")
    can_be_undone: bool
    asks: list[str] = Field(description="What carry_out needs, too: `title`, `reason`.")
    title: str = Field(description="What must be typed as `title`, if it is asked for.")
    model_config = example(
        plan="eyJ1c2VyIjo…",
        expires_at="2026-11-20T13:00:00Z",
        act="Disqualify",
        lines=["Alpha"],
        skipped=[],
        teams=1,
        boards=[],
        can_be_undone=True,
        asks=["reason"],
        title="",
    )


class Carried(Schema):
    """A plan that is to be carried out."""

    plan: Text = Field(max_length=2_000_000, description="The id of a plan of yours.")
    title: Text = Field("", max_length=200, description="The challenge's title, if it is asked.")
    reason: Text = Field("", max_length=MOST_REASON, description="Why, if it is asked.")
    model_config = strict(plan="eyJ1c2VyIjo…", reason="Two accounts of one person.")


class Done(Schema):
    """What was done."""

    challenge: str
    act: str
    lines: list[str]
    model_config = example(challenge="cup", act="Disqualify", lines=["Alpha"])
