"""What beat starts again and again, and when."""

from datetime import datetime

from celery.schedules import schedstate, schedule


class Every(schedule):
    """Every given number of seconds, also after the clock was set back.

    Celery's own schedule would then wait until the time of the last run has come again: an hour
    without a sweep, if the clock was put back by an hour.
    """

    def is_due(self, last_run_at: datetime) -> schedstate:
        """Return whether it is time, and in how many seconds to ask again."""
        if self.maybe_make_aware(last_run_at) > self.now():
            return schedstate(is_due=True, next=self.seconds)
        return super().is_due(last_run_at)


def _every(seconds: int, task: str) -> dict[str, object]:
    """Return an entry of beat: a message that nobody took in time gives way to the next."""
    return {"task": task, "schedule": Every(seconds), "options": {"expires": seconds}}


BEAT_SCHEDULE = {
    "tidy-accounts": _every(3600, "accounts.tidy"),
    "sweep-submissions": _every(10, "submissions.sweep"),
    "tidy-submissions": _every(3600, "submissions.tidy"),
    "sweep-baselines": _every(10, "baseline_runs.sweep"),
    "sweep-imports": _every(10, "catalog.sweep"),
    "sweep-archives": _every(10, "archives.sweep"),
    "sweep-rehearsals": _every(10, "rehearsals.sweep"),
    "sweep-corrections": _every(10, "corrections.sweep"),
    "reveal": _every(10, "standings.reveal"),
    "sweep-studies": _every(10, "analysis.sweep"),
    "sweep-integrity": _every(10, "integrity.sweep"),
    "sweep-notices": _every(60, "notices.sweep"),
    "tidy-notices": _every(3600, "notices.tidy"),
    "tidy-write-ups": _every(3600, "writeups.tidy"),
    "tell-owners": _every(10, "notices.reveals"),
    "mail-notices": _every(10, "notices.mail"),
    "open-tasks": _every(60, "standings.open_tasks"),
}
