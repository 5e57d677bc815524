"""What each worker does, in words."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from podium.challenges.models import Challenge
from podium.submissions.models import Submission
from podium.workers import Work, Worker

SCORE = "submissions.score"
# Everything else is upkeep of a few moments, such as sweeping and mailing.
WORDS = {
    SCORE: "scoring",
    "submissions.validate": "checking a file for a team",
    "submissions.rescore_batch": "rescoring",
    "submissions.make_rows": "reading predictions again",
    "submissions.tidy": "compressing files",
    "analysis.study": "computing intervals and tests of a board",
    "analysis.compare": "comparing two submissions",
    "analysis.bundle": "writing the bundle of a board",
    "integrity.look": "looking for copies and probing",
    "baseline_runs.run": "training a baseline",
    "baseline_runs.diagnose": "training on each part of a data set",
    "catalog.work": "importing data",
    "catalog.profile": "drawing the figures of a data set",
    "archives.write": "writing an archive",
    "archives.read": "importing an archive",
    "corrections.compare": "comparing labels",
    "rehearsals.play": "playing a rehearsal",
}
UPKEEP = "upkeep"


@dataclass(frozen=True)
class Doing:
    """What one process of a worker does; `submission` is one of the reader's challenge."""

    words: str
    since: datetime
    submission: Submission | None = None


@dataclass(frozen=True)
class WorkerRow:
    """A worker as the console shows it; `idle` of its processes do nothing."""

    worker: Worker
    doing: Sequence[Doing] = field(default_factory=tuple)

    @property
    def idle(self) -> int:
        return max(0, self.worker.concurrency - len(self.doing))


def worker_rows(alive: Sequence[Worker], challenge: Challenge) -> list[WorkerRow]:
    """Return the workers with what they do. Of other challenges no submission is named."""
    scored = [int(work.argument) for worker in alive for work in worker.busy if work.task == SCORE]
    ours = Submission.objects.filter(task__challenge=challenge).in_bulk(scored) if scored else {}

    def doing(work: Work) -> Doing:
        found = ours.get(int(work.argument)) if work.task == SCORE else None
        return Doing(WORDS.get(work.task, UPKEEP), work.since, found)

    return [WorkerRow(worker, [doing(work) for work in worker.busy]) for worker in alive]
