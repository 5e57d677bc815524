"""What a challenge is, as one flat mapping; the difference of two is what a change changes."""

from collections.abc import Mapping

from podium.challenges.definition import TIMES
from podium.challenges.models import Challenge
from podium.challenges.organizers import roles_of

# Each value by its path: `title`, `tracks.matching.aggregate`, `tasks.pairs.step`.
State = dict[str, object]
# By path: what was there before and what is there now; None is nothing.
Differences = dict[str, tuple[object, object]]

_CHALLENGE = (
    *("title", "summary", "description", "rules", "prizes", *TIMES, "freeze_hours"),
    *("visible_to", "max_team_size", "show_members", "show_affiliations", "is_rehearsal"),
    *("deleted_accounts", "entry_single_sign_on", "entry_addresses"),
)
_TRACK = ("title", "description", "aggregate", "position")
_TASK = (
    *("title", "description", "dataset_version", "headline", "feedback", "step", "ceiling"),
    *("pause", "daily_limit", "total_limit", "final_limit"),
    *("in_flight_limit", "rejected_limit", "max_bytes", "position"),
)


def state_of(challenge: Challenge) -> State:
    """Return what is stored of a challenge; nothing of one that is not stored yet."""
    stored = Challenge.objects.filter(pk=challenge.pk).first()
    if stored is None:
        return {}
    found: State = {name: getattr(stored, name) for name in _CHALLENGE}
    found |= {f"organizers.{email}": role for email, role in roles_of(stored).items()}
    for track in stored.tracks.all():
        found |= {f"tracks.{track.kind}.{name}": getattr(track, name) for name in _TRACK}
        found |= {
            f"tracks.{track.kind}.prizes.{each.rank}": str(each) for each in track.prizes.all()
        }
    for task in stored.tasks.select_related("dataset_version", "track"):
        found[f"tasks.{task.slug}.track"] = task.track.kind
        found |= {f"tasks.{task.slug}.{name}": getattr(task, name) for name in _TASK}
        found[f"tasks.{task.slug}.dataset_version"] = str(task.dataset_version)
    for item in stored.announcements.all():
        found[f"announcements.{item.title}"] = item.body
        if item.audience:
            teams = item.addressees.order_by("team").values_list("team", flat=True)
            found[f"announcements.{item.title}.teams"] = list(teams)
    return found


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> Differences:
    """Return what two states do not have in common, by path, in the order of the later one."""
    paths = dict.fromkeys([*after, *before])
    return {
        path: (before.get(path), after.get(path))
        for path in paths
        if before.get(path) != after.get(path)
    }
