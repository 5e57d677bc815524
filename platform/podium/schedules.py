"""When beat starts what it starts again and again."""

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
