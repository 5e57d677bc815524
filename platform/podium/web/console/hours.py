"""The figure of submissions per hour on the console."""

from datetime import UTC, datetime, timedelta

from django.db.models import Count, Q
from django.db.models.functions import TruncHour
from django.utils.safestring import SafeString, mark_safe

from figures import Hour, hour_bars
from figures.svg import WIDTH
from podium.challenges.models import Challenge
from podium.submissions.models import State, Submission

SHOWN = 48
SLIM = 358


def per_hour(challenge: Challenge, now: datetime) -> dict[str, SafeString]:
    """Return the submissions of the last two days hour by hour, drawn wide and slim; one query.

    What failed counts failures on our side. Both are "" if nothing came.
    """
    first = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    first -= timedelta(hours=SHOWN - 1)
    sent = Submission.objects.filter(
        task__challenge=challenge, team__baseline="", received_at__gte=first
    )
    counted = (
        sent.order_by()
        .annotate(hour=TruncHour("received_at", tzinfo=UTC))
        .values("hour")
        .annotate(sent=Count("pk"), failed=Count("pk", filter=Q(state=State.FAILED)))
    )
    of = {row["hour"]: (row["sent"], row["failed"]) for row in counted}
    times = [first + timedelta(hours=place) for place in range(SHOWN)]
    hours = [Hour(at, *of.get(at, (0, 0))) for at in times]
    total, most = sum(hour.count for hour in hours), max(hour.count for hour in hours)
    noun = "submission" if total == 1 else "submissions"
    title = f"{total:,} {noun} in the last two days, at most {most:,} in an hour (UTC)"
    return {
        name: mark_safe(hour_bars(f"hours-{name}", title, hours, width=width))  # noqa: S308
        for name, width in (("wide", WIDTH), ("slim", SLIM))
    }
