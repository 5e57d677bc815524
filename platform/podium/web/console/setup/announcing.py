"""Sheets of what is announced, and the texts that they can begin with."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from podium.challenges.actions import take_back
from podium.challenges.definition import BadDefinition
from podium.challenges.models import Announcement, Challenge
from podium.challenges.permissions import Permission
from podium.discussions.announcements import announce_to_teams
from podium.files import Json
from podium.notices.audiences import Audience, TeamState
from podium.refusals import Refused
from podium.web.console.setup.sheets import Sheet, markdown


def _at(challenge: Challenge, name: str) -> str:
    return f"{getattr(challenge, name):%A, %-d %B %Y, %H:%M} UTC"


def _moved(challenge: Challenge) -> tuple[str, str]:
    return f"{challenge} closes later", (
        f"The challenge now closes on **{_at(challenge, 'closes_at')}**. Final boards follow on "
        f"{_at(challenge, 'reveal_at')}.\n\nWe moved the deadline because …"
    )


def _corrected(challenge: Challenge) -> tuple[str, str]:
    return "We corrected a solution", (
        "Labels of the test rows of the task … were wrong. We corrected them and scored all its "
        "submissions again; you do not have to upload anything.\n\nYour displayed score and your "
        "rank may have changed. Earlier boards stay available by date. Write to us from your "
        "team's page if something looks wrong."
    )


def _final_week(challenge: Challenge) -> tuple[str, str]:
    return f"The last week of {challenge}", (
        f"Submissions end on **{_at(challenge, 'closes_at')}**. Until then choose the submissions "
        "that count: open *My submissions* and select them for each task. If you choose none, "
        "the one with your best displayed score counts."
    )


def _workshop(challenge: Challenge) -> tuple[str, str]:
    return "You are invited to the workshop", (
        f"The results of {challenge} are presented at a workshop on … in …. We would like to hear "
        "how you did it: publish a write-up from the challenge page by …, and tell us who will "
        "attend by writing to us from your team's page."
    )


TEMPLATES: dict[str, tuple[str, Callable[[Challenge], tuple[str, str]]]] = {
    "deadline": ("Deadline moved", _moved),
    "solution": ("Solution corrected", _corrected),
    "final-week": ("Final week", _final_week),
    "workshop": ("Workshop invitation", _workshop),
}
"""Labels of the templates, and what each fills in: a title and a text."""


class AnnouncementSheet(Sheet):
    """An announcement, or a new one. Its title is what it is known by."""

    heading = "A new announcement"
    lead = "You read who gets it, and how it looks, before anybody does."
    permission = Permission.ANNOUNCE
    leads_to = "console-announcements"

    title = forms.CharField(max_length=160)
    body = markdown("Text", "Markdown.")
    track = forms.ChoiceField(required=False, help_text="Only teams that concern this track.")
    state = forms.ChoiceField(
        required=False,
        choices=TeamState.choices,
        label="Teams",
        help_text="What is for some teams only is read by nobody else. Disqualified teams get it "
        "only if it is for everybody.",
    )
    days = forms.IntegerField(
        min_value=1,
        max_value=365,
        initial=7,
        required=False,
        label="Days of silence",
        help_text="Only for silent teams: the days without a submission.",
    )

    def __init__(
        self,
        *args: Any,
        announcement: Announcement | None = None,
        template: str = "",
        **options: Any,
    ) -> None:
        self.announcement, self.template = announcement, template
        super().__init__(*args, **options)
        self.fields["body"].required = True
        if announcement:
            self.heading = f"Announcement “{announcement}”"
            self.lead = "Notices show the corrected text. Nobody is notified again."
            for name in ("title", "track", "state", "days"):
                del self.fields[name]
        else:
            kinds = [(track.kind, track.title) for track in self.challenge.tracks.all()]
            self.fields["track"].choices = [("", "the whole challenge"), *kinds]  # type: ignore[attr-defined]

    def stored(self) -> Json:
        if self.announcement:
            return {"body": self.announcement.body}
        if self.template in TEMPLATES:
            title, body = TEMPLATES[self.template][1](self.challenge)
            return {"title": title, "body": body}
        return {}

    def clean_title(self) -> str:
        title: str = self.cleaned_data["title"]
        if self.challenge.announcements.filter(title=title).exists():
            raise ValidationError("An announcement has this title. Choose another, or edit that.")
        return title

    def clean_days(self) -> int:
        return self.cleaned_data["days"] or 7

    @property
    def audience(self) -> Audience:
        """The people that a new announcement is for."""
        track = self.challenge.tracks.filter(kind=self.cleaned_data["track"]).first()
        data = self.cleaned_data
        return Audience(self.challenge, track, data["state"], data["days"])

    def change(self) -> Challenge:
        if self.announcement or self.audience.is_everybody:
            return super().change()
        said, audience = self.document()["announcements"][0], self.audience
        try:
            announce_to_teams(
                challenge=self.challenge,
                audience=str(audience),
                teams=list(audience.teams()),
                by=self.by,
                **said,
            )
        except Refused as refused:
            raise BadDefinition(refused.message, {"state": refused.message}) from refused
        return self.challenge

    def document(self) -> Json:
        title = self.announcement.title if self.announcement else self.cleaned_data["title"]
        body = self.changed().get("body", self.cleaned_data["body"])
        return {"announcements": [{"title": title, "body": body.replace("\r\n", "\n")}]}

    def labels(self) -> dict[str, str]:
        title = self.announcement.title if self.announcement else self.cleaned_data["title"]
        path = f"announcements.{title}"
        return {path: f"“{title}”", f"{path}.teams": "Teams that it is for"}

    def consequences(self) -> list[str]:
        """Return how many people get a new announcement."""
        if self.announcement:
            return ["Nobody is notified again."]
        return [self.audience.reach()]


class TakeBackSheet(Sheet):
    """Nothing to fill in: the announcement goes."""

    heading = "Take back an announcement"
    lead = "It leaves the page of the challenge and all notices. Mails cannot be taken back."
    permission = Permission.ANNOUNCE
    leads_to = "console-announcements"

    def __init__(self, *args: Any, announcement: Announcement, **options: Any) -> None:
        self.announcement = announcement
        super().__init__(*args, **options)

    def stored(self) -> Json:
        return {}

    def change(self) -> Challenge:
        return take_back(announcement=self.announcement, by=self.by)

    def labels(self) -> dict[str, str]:
        path = f"announcements.{self.announcement}"
        return {path: f"“{self.announcement}”", f"{path}.teams": "Teams that it was for"}
