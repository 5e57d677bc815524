"""The winners by the rule: from the final boards, tie-breaks, eligibility and prizes."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from leaderboard.ranks import competition_ranks
from podium.challenges.models import Challenge, Prize, Track
from podium.standings.finalists import final_boards
from podium.standings.rows import BoardRow
from podium.standings.visible import VisibleBoard
from podium.winners.models import HONOURED, DecidedBy, Ineligible, WinnersList


@dataclass(frozen=True)
class Placing:
    """A ranked team: `prize` is what it gets, None for nothing."""

    team: int
    name: str
    slug: str
    position: int
    rank: int
    decided_by: str
    is_eligible: bool
    prize_rank: int | None = None
    prize: str = ""
    value: str = ""

    @property
    def key(self) -> tuple[object, ...]:
        """What makes it equal to another one: everything but the team's name."""
        return (
            *(self.team, self.position, self.rank, str(self.decided_by), self.is_eligible),
            *(self.prize_rank, self.prize, self.value),
        )


@dataclass(frozen=True)
class TrackWinners:
    """The ranked teams of a track; `left_over` are the prizes that no team gets."""

    track: Track
    placings: Sequence[Placing]
    note: str
    left_over: Sequence[Prize] = field(default_factory=tuple)
    revision: int = 0

    @property
    def shown(self) -> list[Placing]:
        """The teams that a page of winners lists."""
        return honoured(self.placings)

    @property
    def decided_by_hand(self) -> bool:
        """Whether the order inside a shared rank decides something that the page shows."""
        return any(each.decided_by != DecidedBy.RANK for each in self.shown)


@dataclass(frozen=True)
class Proposal:
    """The winners of a challenge as the rule makes them now."""

    challenge: Challenge
    tracks: Sequence[TrackWinners]

    @property
    def content(self) -> list[object]:
        """What a published list says, as values that can be compared."""
        return [
            [each.track.kind, each.note, [list(placing.key) for placing in each.placings]]
            for each in self.tracks
        ]

    def fingerprint(self, before: WinnersList | None) -> str:
        """A hash of what would be published, from which boards, and in place of what."""
        boards = [each.revision for each in self.tracks]
        last = [before.number, bool(before.taken_back_at)] if before else []
        return hashlib.sha256(json.dumps([self.content, boards, last]).encode()).hexdigest()

    @property
    def winners(self) -> dict[int, list[Placing]]:
        """The placings that are honoured, by team."""
        found: dict[int, list[Placing]] = {}
        for each in self.tracks:
            for placing in each.shown:
                if placing.prize_rank is not None or not _has_prizes(each.placings):
                    found.setdefault(placing.team, []).append(placing)
        return found


def _has_prizes(placings: Sequence[Placing]) -> bool:
    return any(each.prize_rank is not None for each in placings)


def honoured(placings: Sequence[Placing]) -> list[Placing]:
    """Return the placings that a page lists: the first ranks, and every team with a prize."""
    return [each for each in placings if each.rank <= HONOURED or each.prize_rank is not None]


def propose(challenge: Challenge) -> Proposal:
    """Return the winners by the rule; of an event that is not revealed there are no tracks."""
    barred = set(
        Ineligible.objects.filter(team__challenge=challenge).values_list("team_id", flat=True)
    )
    return Proposal(
        challenge,
        [_of_track(track, board, barred) for track, board in final_boards(challenge)],
    )


def _of_track(track: Track, board: VisibleBoard, barred: set[int]) -> TrackWinners:
    ranked = [row for row in board.rows if row.rank is not None and not row.is_baseline]
    prizes = {prize.rank: prize for prize in track.prizes.all()}
    placings, given = [], 0
    for position, (row, decided_by) in enumerate(_decided(ranked), start=1):
        is_eligible = row.team.pk not in barred
        given += is_eligible
        prize = prizes.pop(given, None) if is_eligible else None
        won = {"prize_rank": prize.rank, "prize": prize.text, "value": prize.value} if prize else {}
        placings.append(
            Placing(
                *(row.team.pk, row.team.name, row.team.slug, position, row.rank or 0),
                *(decided_by, is_eligible),
                **won,  # type: ignore[arg-type]
            )
        )
    return TrackWinners(
        track, placings, certainty(board, ranked), tuple(prizes.values()), board.revision
    )


def _decided(ranked: Sequence[BoardRow]) -> list[tuple[BoardRow, str]]:
    """Return the rows, as the board orders them, with what decided the place of each."""
    return [
        (row, decided_by)
        for _, group in groupby(ranked, key=lambda row: row.rank)
        for row, decided_by in _with_reason(list(group))
    ]


def _with_reason(rows: list[BoardRow]) -> list[tuple[BoardRow, str]]:
    """Return the rows of a shared rank: the tie-break orders them, then the earlier submission."""
    if len(rows) == 1:
        return [(rows[0], DecidedBy.RANK)]
    places = competition_ranks([row.tie_break for row in rows], higher_is_better=True)
    return [
        (row, DecidedBy.TIE_BREAK if places.count(place) == 1 else DecidedBy.EARLIER)
        for row, place in zip(rows, places, strict=True)
    ]


def certainty(board: VisibleBoard, ranked: Sequence[BoardRow]) -> str:
    """Return how sure it is that the first team is better than the second, as a sentence."""
    if len(ranked) < 2:
        return ""
    first, second = ranked[:2]
    if first.rank == second.rank:
        return "The first teams share a rank."
    separable = board.study.get(second.team.pk, {}).get("separable")
    ends = [end for head, end in board.brackets if head == first.team.pk]
    teams = [row.team.pk for row in ranked]
    if separable is not None:
        said = f"1st is {'' if separable else 'not '}separable from 2nd (at the 5 % level)."
    elif None not in (first.low, first.high, second.low, second.high):
        overlap = (first.low or 0) <= (second.high or 0)
        said = f"The 95 % intervals of 1st and 2nd {'overlap' if overlap else 'do not overlap'}"
        said += ", so 1st is not separable from 2nd by them." if overlap else "."
    else:
        return "There is no test yet of whether 1st is separable from 2nd."
    if ends and ends[0] in teams and (run := teams.index(ends[0]) + 1) > 2:
        said += f" No two of the first {run} teams are separable."
    return said
