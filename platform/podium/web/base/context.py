"""Context that every template may use in addition to its view's own."""

from itertools import islice

from django.contrib.auth.models import AnonymousUser
from django.db.models import F
from django.http import HttpRequest
from django.urls import reverse

from podium.accounts.models import User, Viewer
from podium.catalog.models import Kind
from podium.challenges.models import Challenge, Role
from podium.challenges.previewed import previewed
from podium.notices.actions import MOST_COUNTED, unread_of
from podium.web.base.access import by_phase, visible_challenges
from podium.web.base.mails import are_readable_by
from podium.web.base.task_bar import task_bar
from podium.writeups.reading import is_over

SWITCHER = 8


def site(request: HttpRequest) -> dict[str, object]:
    """Return the navigation: lazily, since fragments do not show it."""
    return {"navigation": _Lazy(request)}


class _Lazy:
    """The navigation of base.html, made when the template first asks for it."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._made: dict[str, object] | None = None

    def __getitem__(self, key: str) -> object:
        if self._made is None:
            self._made = _navigation(self._request)
        return self._made[key]


def _navigation(request: HttpRequest) -> dict[str, object]:
    user: Viewer = getattr(request, "user", AnonymousUser())
    tracks = _challenges(user)
    challenges = by_phase(tracks)
    task = getattr(request, "task", None)
    current = task.challenge if task else getattr(request, "challenge", None)
    is_sample = current is not None and current.is_sample
    current = current or (challenges[0] if challenges else None)
    footer = _footer(request)
    roles, unread = _of_user(user)
    brings = user.is_staff or {Role.OWNER, Role.MANAGER} & set(roles.values())
    own: dict[str, object] = {"unread": unread}
    if brings:
        own["own_datasets_url"] = reverse("console-datasets")
    if current is None:
        return {"footer": footer, **own}
    kinds = tracks.get(current) or current.tracks.values_list("kind", flat=True)
    sections = [
        _link(request, Kind(kind).label, reverse("track", args=[current.slug, kind]))
        for kind in kinds
    ]
    sections.append(_link(request, "Data sets", reverse("datasets")))
    sections.append(_link(request, "Team", reverse("my-team", args=[current.slug])))
    if user.is_authenticated and current.pk not in roles:
        url = reverse("my-submissions", args=[current.slug])
        sections.append(_link(request, "Submissions", url))
    sections += _told(request, current)
    made: dict[str, object] = {
        "challenge": {"title": current.title, "url": current.get_absolute_url()},
        "challenges": [
            {"title": c.title, "url": c.get_absolute_url()} for c in challenges if c != current
        ],
        "is_sample": is_sample,
        "sections": sections,
        "footer": footer,
        **own,
    }
    if task:
        made["task"] = task_bar(request, current, task)
    if current.pk in roles:  # every role may see the console
        made["console_url"] = reverse("console", args=[current.slug])
    return made


def _challenges(user: Viewer) -> dict[Challenge, list[str]]:
    """Return the newest challenges that the user may know of, with the kinds of their tracks.

    One query, as every page asks it: no challenge has more than one track of a kind.
    """
    rows = visible_challenges(user).defer("summary", "description", "rules", "prizes")
    rows = rows.annotate(track=F("tracks__kind"))
    rows = rows.order_by("-opens_at", "pk", "tracks__position", "tracks__pk")
    found: dict[Challenge, list[str]] = {}
    for row in rows[: SWITCHER * len(Kind)]:
        found.setdefault(row, []).extend([row.track] if row.track else [])
    return dict(islice(found.items(), SWITCHER))


def _told(request: HttpRequest, challenge: Challenge) -> list[dict[str, object]]:
    """Return the link to the results of a finished challenge: the bar has room for one.

    The finalists' page leads to the write-ups of all teams.
    """
    if challenge.is_revealed():
        return [_link(request, "Finalists", reverse("finalists", args=[challenge.slug]))]
    if is_over(challenge):
        return [_link(request, "Write-ups", reverse("write-ups", args=[challenge.slug]))]
    return []


def _of_user(user: Viewer) -> tuple[dict[int, str], str]:
    """Return the user's roles by the key of the challenge, and how many notices are unread.

    One query, as every page asks it. The number is a text, empty for none.
    """
    if not user.is_authenticated or previewed() is not None:
        return {}, ""
    found = User.objects.filter(pk=user.pk).values_list(
        "organizer__challenge", "organizer__role", unread_of("pk")
    )
    rows = list(found)
    count = rows[0][2] or 0
    unread = f"{MOST_COUNTED - 1}+" if count >= MOST_COUNTED else str(count or "")
    return {challenge: role for challenge, role, _ in rows if role}, unread


def _footer(request: HttpRequest) -> list[dict[str, object]]:
    """Return the links at the foot: for superusers also the mails that this site keeps."""
    links = [_link(request, "Challenges", reverse("home"))]
    links.append(_link(request, "Data sets", reverse("datasets")))
    links.append(_link(request, "Metrics", reverse("metrics")))
    links.append(_link(request, "Help", reverse("help")))
    if are_readable_by(getattr(request, "user", AnonymousUser())):
        links.append(_link(request, "Mails", reverse("mails")))
    return links


def _link(request: HttpRequest, label: str, url: str) -> dict[str, object]:
    return {"label": label, "url": url, "current": request.path.startswith(url)}
