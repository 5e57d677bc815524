"""What organizers type in the console."""

import re
from datetime import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import QueryDict

from podium.accounts.domains import clean_list
from podium.baseline_runs.methods import offered
from podium.catalog.models import Solution
from podium.challenges.definition import TIMES
from podium.challenges.models import Challenge, DeletedAccounts, ShowMembers, Task
from podium.refusals import RefusalForm
from podium.teams.models import Team


class DisqualifyForm(RefusalForm):
    """Asks for a team and the reason that its members will read."""

    team = forms.ModelChoiceField(Team.objects.none(), empty_label="Choose a team")
    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}), help_text="The team's members read it."
    )

    def __init__(self, data: QueryDict | None = None, *, challenge: Challenge) -> None:
        super().__init__(data, auto_id="disqualify_%s")
        ranked = challenge.teams.taking_part().filter(disqualified_at=None)
        _set_queryset(self, "team", ranked)


class RevealForm(forms.Form):
    """Asks for the challenge's title, because nobody can undo a reveal."""

    title = forms.CharField(label="Title of the challenge", help_text="")

    def __init__(self, data: QueryDict | None = None, *, challenge: Challenge) -> None:
        super().__init__(data, auto_id="reveal_%s")
        self.challenge = challenge
        self.fields["title"].help_text = f"Type “{challenge.title}”. Nobody can undo a reveal."

    def clean_title(self) -> str:
        title: str = self.cleaned_data["title"]
        if title.strip() != self.challenge.title:
            raise ValidationError(f"Type the title as it is: {self.challenge.title}")
        return title


def _time(label: str, help_text: str, required: bool = True) -> forms.DateTimeField:
    widget = forms.DateTimeInput(
        attrs={"type": "datetime-local", "step": 1}, format="%Y-%m-%dT%H:%M:%S"
    )
    return forms.DateTimeField(
        label=f"{label} (UTC)", help_text=help_text, required=required, widget=widget
    )


class TimesForm(forms.Form):
    """Asks for the times of a challenge, in UTC; then for a word to a plan that was read."""

    announced_at = _time("Announced", "Before it only organizers see the challenge.", False)
    opens_at = _time("Opens", "Teams submit from here on.")
    team_freeze_at = _time("Teams fixed", "Teams stay as they are from here on.")
    closes_at = _time("Closes", "The last upload must begin before this.")
    reveal_at = _time("Reveal", "The private boards appear, at least 15 minutes after the close.")
    archived_at = _time("Archived", "Questions and write-ups end. Empty it to undo that.", False)
    freeze_hours = forms.IntegerField(
        min_value=0,
        label="Hours of frozen boards",
        help_text="From this many hours before the close until the reveal, teams see no news of "
        "others. 0: never.",
    )

    def __init__(self, data: QueryDict | None = None, *, challenge: Challenge) -> None:
        now = {name: getattr(challenge, name) for name in [*TIMES, "freeze_hours"]}
        super().__init__(data, auto_id="times_%s", initial=now)

    def times(self) -> dict[str, datetime | None]:
        """Return the times: one that was not changed keeps its fraction of a second."""
        return {
            name: self.cleaned_data[name] if name in self.changed_data else self.initial[name]
            for name in TIMES
        }


class PrivacyForm(forms.Form):
    """Asks who reads members' names, and what becomes of submissions of deleted accounts."""

    show_members = forms.ChoiceField(
        choices=ShowMembers.choices,
        label="Members’ names are read by",
        help_text="A team’s own members and the organizers always read them.",
    )
    deleted_accounts = forms.ChoiceField(
        choices=DeletedAccounts.choices,
        label="Submissions, when a team’s last member deletes their account",
        help_text="People read it below the rules, and before they delete their account.",
    )

    def __init__(self, data: QueryDict | None = None, *, challenge: Challenge) -> None:
        now = {name: getattr(challenge, name) for name in ("show_members", "deleted_accounts")}
        super().__init__(data, auto_id="privacy_%s", initial=now)


class EntryForm(forms.Form):
    """Asks who may enter a team."""

    entry_single_sign_on = forms.BooleanField(
        required=False,
        label="Single sign-on is required",
        help_text="People connect it to their account before they enter a team.",
    )
    entry_addresses = forms.CharField(
        required=False,
        label="Admitted e-mail addresses",
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="One a line; <code>@uni.example</code> admits everybody at that domain. People "
        "must have confirmed the address. Empty: everybody may enter.",
    )

    def __init__(self, data: QueryDict | None = None, *, challenge: Challenge) -> None:
        now = {
            "entry_single_sign_on": challenge.entry_single_sign_on,
            "entry_addresses": "\n".join(challenge.entry_addresses),
        }
        super().__init__(data, auto_id="entry_%s", initial=now)

    def clean_entry_addresses(self) -> list[str]:
        return clean_list(re.findall(r"[^\s,;]+", self.cleaned_data["entry_addresses"]))


class RescoreForm(forms.Form):
    """Asks which solution to rescore a task with."""

    solution = forms.ModelChoiceField(Solution.objects.none(), empty_label=None)

    def __init__(self, data: QueryDict | None = None, *, task: Task) -> None:
        super().__init__(data, auto_id="rescore_%s", initial={"solution": task.solution_id})
        _set_queryset(self, "solution", task.dataset_version.solutions.all())


class StartForm(forms.Form):
    """Asks which baseline to train on which task."""

    task = forms.ModelChoiceField(Task.objects.none(), empty_label="Choose a task")
    method = forms.ChoiceField(
        choices=lambda: [(name, method.title) for name, method in offered().items()],
        label="Baseline",
    )

    def __init__(self, data: QueryDict | None = None, *, challenge: Challenge) -> None:
        super().__init__(data, auto_id="start_%s")
        _set_queryset(self, "task", challenge.tasks.all())


def _set_queryset(form: forms.Form, name: str, rows: QuerySet[Model]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  (for the type checker)
    field.queryset = rows
