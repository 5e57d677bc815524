"""Rehearsing a challenge: a scratch copy of it is played, and a report and one event stay."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from podium import programs
from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge
from podium.refusals import Refused
from podium.rehearsals.material import lay_out

log = structlog.get_logger(__name__)
MOST_SECONDS = 1200
BROKEN = "The rehearsal did not come to its end. The log says more. Ask an operator to look."


@dataclass(frozen=True)
class Report:
    """What happened in each step: `title`, `expected`, `happened`, `seconds`."""

    steps: list[dict[str, Any]]

    @property
    def problems(self) -> list[str]:
        """What did not go as expected, in words."""
        return [
            f"{step['title']}: expected “{step['expected']}”, got “{step['happened']}”."
            for step in self.steps
            if step["expected"] != step["happened"]
        ]


def rehearse(*, challenge: Challenge, by: User | None, seconds: float = MOST_SECONDS) -> Report:
    """Play the challenge as `play` does; the real site gets one event, with the report."""
    report = play(challenge, seconds)
    record_report(challenge, report, by)
    return report


def play(challenge: Challenge, seconds: float) -> Report:
    """Play the challenge in a scratch site, which is removed afterwards. Raises Refused.

    The labels are shuffled, so no figure says anything about the real ones.
    """
    with programs.scratch_folder() as folder:
        scratch = folder.resolve()
        lay_out(challenge, scratch)
        return Report(_play(scratch, seconds))


def record_report(challenge: Challenge, report: Report, by: User | None) -> None:
    """Record the report as an event of the challenge."""
    record(
        Verb.REHEARSED_CHALLENGE,
        subject=challenge,
        by=by,
        challenge=challenge.slug,
        steps=report.steps,
        problems=report.problems,
    )


def _play(folder: Path, seconds: float) -> list[dict[str, Any]]:
    try:
        ended = programs.run(
            [sys.executable, "-m", "podium.rehearsals", str(folder)],
            scratch=folder,
            folder=folder,
            tick=lambda program: None,
            every=0.5,
            seconds=seconds,
            variables=_variables(folder),
        )
    except programs.OutOfTime as error:
        raise Refused(
            "too_long",
            f"The rehearsal took more than {seconds:g} seconds and was ended. Try again later.",
        ) from error
    if ended.code != 0 or "steps" not in ended.last:
        log.error("rehearsal broke", log="\n".join(ended.log))
        raise Refused("broken", BROKEN)
    return ended.last["steps"]  # type: ignore[return-value]


def _variables(folder: Path) -> dict[str, str]:
    """Return a site of its own: database, files, mails and a Redis that does not exist."""
    var = folder / "var"
    return {
        "PODIUM_MODE": "embedded",
        "PODIUM_VAR": str(var),
        "DATABASE_URL": f"sqlite:///{var / 'rehearsal.sqlite3'}",
        "REDIS_URL": f"unix://{var / 'none.sock'}",
        "PODIUM_NEW_ACCOUNT_HOURS": "0",
        "PODIUM_FIRST_UPLOADS_PER_NETWORK": "0",
        "OPENBLAS_NUM_THREADS": "1",
    }
