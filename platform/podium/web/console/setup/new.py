"""What makes a challenge: a few fields, another challenge, or a file."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import QueryDict

from podium.accounts.models import User
from podium.challenges.definition import (
    TIMES,
    BadDefinition,
    ChallengeDefinition,
    definition_of,
    parse,
)
from podium.challenges.export import document_of
from podium.challenges.models import Challenge, Role
from podium.files import Json
from podium.web.console.setup.sheets import Files, text_of, time

# What is proposed where only the opening and the close are given.
TEAMS_FIXED_BEFORE = timedelta(days=7)
REVEAL_AFTER = timedelta(days=2)


class NewForm(forms.Form):
    """Asks for a new challenge. With a file all other fields are left empty."""

    slug = forms.SlugField(
        required=False,
        max_length=60,
        label="Short name",
        help_text="For its address, such as <code>cup-2027</code>; it cannot change.",
    )
    title = forms.CharField(required=False, max_length=120)
    source = forms.ModelChoiceField(
        Challenge.objects.none(),
        required=False,
        label="Copy of",
        empty_label="nothing: it starts empty",
        help_text="Its texts, tracks, tasks and settings; its times count from the new opening. "
        "Organizers and announcements are not copied.",
    )
    summary = forms.CharField(
        required=False, max_length=300, help_text="One sentence for lists. A copy has its own."
    )
    opens_at = time("Opens", "Teams submit from here on.", False)
    closes_at = time(
        "Closes",
        "Teams are fixed 7 days before, the reveal is 2 days after. A copy has its own times, and "
        "these two as long before and after the close as there.",
        False,
    )
    file = forms.FileField(
        required=False, label="Or a challenge.yaml", help_text="It says all of this itself."
    )

    def __init__(
        self, data: QueryDict | None = None, files: Files | None = None, *, by: User
    ) -> None:
        super().__init__(data, files, auto_id="new_%s")
        owned = Challenge.objects.filter(organizers__user=by, organizers__role=Role.OWNER)
        self.fields["source"].queryset = owned  # type: ignore[attr-defined]

    def clean(self) -> Json:
        data = self.cleaned_data
        if data.get("file"):
            return data
        needed = ["slug", "title", "opens_at"]
        needed += [] if data.get("source") else ["summary", "closes_at"]
        for name in needed:
            if not data.get(name) and name not in self.errors:
                self.add_error(name, "This field is required.")
        return data

    def definition(self) -> ChallengeDefinition:
        """Return the new challenge. Raises BadDefinition."""
        data = self.cleaned_data
        if data["file"]:
            return parse(text_of(data["file"]))
        if data["source"]:
            return definition_of(self._copy(data["source"]))
        opens = data["opens_at"]
        return definition_of(
            {
                **{name: data[name] for name in ("slug", "title", "summary")},
                "timeline": {
                    "opens_at": opens,
                    **_around(data["closes_at"], opens, TEAMS_FIXED_BEFORE, REVEAL_AFTER),
                },
            }
        )

    def _copy(self, source: Challenge) -> Json:
        """Return the document of another challenge, with its times after the new opening."""
        data, document = self.cleaned_data, document_of(source)
        later = data["opens_at"] - source.opens_at
        timeline: dict[str, Any] = dict(document["timeline"])
        timeline |= {name: at + later for name in TIMES if (at := timeline[name])}
        timeline |= {"announced_at": None, "archived_at": None}
        if data["closes_at"]:
            fixed_before = source.closes_at - source.team_freeze_at
            reveal_after = source.reveal_at - source.closes_at
            timeline |= _around(data["closes_at"], data["opens_at"], fixed_before, reveal_after)
        for name in ("organizers", "announcements"):
            document.pop(name, None)
        said = {name: data[name] for name in ("slug", "title", "summary") if data[name]}
        return {**document, **said, "timeline": timeline}

    def refuse(self, bad: BadDefinition) -> None:
        """Show what is wrong with the definition, at its fields where it is theirs."""
        if self.cleaned_data["file"]:
            self.add_error("file", str(bad))
            return
        for name, text in bad.fields.items():
            self.add_error(name if name in self.fields else None, text)
        if not bad.fields:
            self.add_error(None, str(bad))


def _around(
    closes: datetime, opens: datetime, fixed_before: timedelta, reveal_after: timedelta
) -> dict[str, datetime]:
    """Return the close and the times that depend on it; teams are open at least half the time."""
    return {
        "team_freeze_at": max(closes - fixed_before, opens + (closes - opens) / 2),
        "closes_at": closes,
        "reveal_at": closes + reveal_after,
    }
