"""What owners fill in to set up a challenge: each sheet is a form and a part of its definition."""

import re
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString

from podium.accounts.domains import clean_list
from podium.accounts.models import User
from podium.catalog.models import Kind
from podium.challenges.actions import change
from podium.challenges.definition import (
    TIMES_IN_WORDS,
    BadDefinition,
    ChallengeDefinition,
    definition_of,
    parse,
)
from podium.challenges.documents import LONGEST
from podium.challenges.export import definition_text
from podium.challenges.models import (
    Aggregate,
    Challenge,
    DeletedAccounts,
    Feedback,
    ShowMembers,
    Task,
    Track,
    VisibleTo,
)
from podium.challenges.permissions import Permission, usable_versions
from podium.challenges.state import Differences
from podium.files import Json
from podium.web.console.setup.timeline import drawn
from scoring import METRICS, metrics_of
from scoring.spec import Kind as MetricKind

Files = MultiValueDict[str, Any]
FEWEST_PRIZES = 3  # rows that the sheet of prizes begins with


class Sheet(forms.Form):
    """One form of the set-up; its fields are keys of challenge.yaml.

    Only what was changed becomes part of the definition, so that two owners on two sheets, or on
    one, do not take back each other's work.
    """

    heading: str
    lead: str
    path = ""
    """What stands before the names of its fields in a plan."""
    permission = Permission.SET_UP
    leads_to = "console-setup"

    def __init__(
        self,
        data: QueryDict | None = None,
        files: Files | None = None,
        *,
        challenge: Challenge,
        by: User,
    ) -> None:
        self.challenge, self.by = challenge, by
        super().__init__(data, files, auto_id="setup_%s", initial=self.stored())

    def stored(self) -> Json:
        """Return what the fields are filled with."""
        return {name: getattr(self.challenge, name) for name in self.base_fields}

    def changed(self) -> Json:
        """Return the values that were changed; texts with the line ends of files."""
        values = {name: self.cleaned_data[name] for name in self.changed_data}
        return {
            name: value.replace("\r\n", "\n") if isinstance(value, str) else value
            for name, value in values.items()
        }

    def document(self) -> Json:
        """Return what a challenge.yaml would say of the changed fields."""
        return self.changed()

    def definition(self) -> ChallengeDefinition:
        """Return the changes as a definition. Raises BadDefinition."""
        return definition_of({"slug": self.challenge.slug, **self.document()})

    def change(self) -> Challenge:
        """Return the challenge after the change. Raises BadDefinition."""
        return change(definition=self.definition(), by=self.by)

    def labels(self) -> dict[str, str]:
        """Return the labels of the fields by their paths in a plan."""
        return {f"{self.path}{name}": str(self[name].label) for name in self.fields}

    def consequences(self) -> list[str]:
        """Return what else the change does, in words."""
        return []

    def previews(self) -> list[tuple[str, str]]:
        """Return the label and the text of each Markdown field that was changed."""
        return [
            (str(self[name].label), value)
            for name, value in self.changed().items()
            if name in MARKDOWN and value
        ]

    def timeline(self, changes: Differences) -> dict[str, SafeString]:
        """Return figures of times, wide and slim, if the sheet is about those."""
        return {}

    def refuse(self, bad: BadDefinition) -> None:
        """Show what is wrong with the definition, at its fields where it is theirs."""
        for name, text in bad.fields.items():
            self.add_error(name if name in self.fields else None, text)
        if not bad.fields:
            self.add_error(None, str(bad))


MARKDOWN = {"description", "rules", "prizes", "body"}


def markdown(label: str, help_text: str, rows: int = 10) -> forms.CharField:
    """Return a field for a text in Markdown; its white space is part of it."""
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(
        label=label, help_text=help_text, required=False, strip=False, widget=widget
    )


def time(label: str, help_text: str, required: bool = True) -> forms.DateTimeField:
    """Return a field for a time in UTC."""
    widget = forms.DateTimeInput(
        attrs={"type": "datetime-local", "step": 1}, format="%Y-%m-%dT%H:%M:%S"
    )
    return forms.DateTimeField(
        label=f"{label} (UTC)", help_text=help_text, required=required, widget=widget
    )


class TextsSheet(Sheet):
    heading = "Texts"
    lead = "What people read on the page of the challenge."

    title = forms.CharField(max_length=120, help_text="The heading of every page.")
    summary = forms.CharField(max_length=300, help_text="One sentence for lists and headers.")
    description = markdown("Description", "What the challenge is about. Markdown.")
    rules = markdown(
        "Rules",
        "Markdown. People accept them at their first upload; after a change they are asked again.",
    )
    prizes = markdown("Prizes", "Markdown. Empty: the page does not mention prizes.", 6)


class TimesSheet(Sheet):
    heading = "Times"
    lead = "Nothing changes before you have read what the new times do."

    announced_at = time("Announced", "Before it only organizers see the challenge.", False)
    opens_at = time("Opens", "Teams submit from here on.")
    team_freeze_at = time("Team freeze", "Team changes lock.")
    closes_at = time("Closes", "The last upload must begin before this.")
    reveal_at = time("Reveal", "The private boards appear, at least 15 minutes after the close.")
    archived_at = time("Archived", "Questions and write-ups end. Empty it to undo that.", False)
    freeze_hours = forms.IntegerField(
        min_value=0,
        label="Hours of frozen boards",
        help_text="From this many hours before the close until the reveal, teams see no news of "
        "others. 0: never.",
    )

    def document(self) -> Json:
        """Return the changed times; one that was not changed keeps its fraction of a second."""
        return {"timeline": self.changed()}

    def labels(self) -> dict[str, str]:
        return {**super().labels(), **TIMES_IN_WORDS}

    def timeline(self, changes: Differences) -> dict[str, SafeString]:
        return drawn(self.challenge, changes, self.by)


class AccessSheet(Sheet):
    heading = "Teams and access"
    lead = "The people who see the challenge and can take part, and what others see of teams."

    visible_to = forms.ChoiceField(
        choices=VisibleTo.choices,
        label="The challenge is seen by",
        help_text="Once it is announced. Its organizers and teams always see it.",
    )
    max_team_size = forms.IntegerField(min_value=1, label="People in a team, at most")
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
        "must have confirmed the address. Empty: everybody may enter. Members stay in their teams.",
    )
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
    show_affiliations = forms.BooleanField(
        required=False,
        label="Boards show affiliations",
        help_text="Teams may name their institution or company.",
    )
    is_rehearsal = forms.BooleanField(
        required=False,
        label="Rehearsal or course",
        help_text="No prizes, and ranks do not count. Only here tasks may show exact scores.",
    )

    def stored(self) -> Json:
        return {**super().stored(), "entry_addresses": "\n".join(self.challenge.entry_addresses)}

    def clean_entry_addresses(self) -> list[str]:
        return clean_list(re.findall(r"[^\s,;]+", self.cleaned_data["entry_addresses"]))

    def document(self) -> Json:
        said = self.changed()
        if said.keys() & {"entry_single_sign_on", "entry_addresses"}:
            said["entry"] = {
                "single_sign_on": self.cleaned_data["entry_single_sign_on"],
                "addresses": self.cleaned_data["entry_addresses"],
            }
        return {name: value for name, value in said.items() if not name.startswith("entry_")}


class TrackSheet(Sheet):
    """A track of the challenge, or a new one."""

    heading = "A new track"
    lead = "Tasks of one kind, with one ranking over them."

    kind = forms.ChoiceField(
        choices=Kind.choices,
        help_text="Matching: is this pair the same thing? Classification: which class is it?",
    )
    title = forms.CharField(max_length=120)
    description = markdown("Description", "Markdown, above the board of the track.", 4)
    aggregate = forms.ChoiceField(
        choices=Aggregate.choices,
        label="Ranked by",
        help_text="<code>mean_skill</code> is 0 for the trivial prediction and 1 for a perfect "
        "one, so tasks count alike. <code>mean_score</code> is the plain mean of the scores.",
    )

    def __init__(self, *args: Any, track: Track | None = None, **options: Any) -> None:
        self.track = track
        super().__init__(*args, **options)
        if track:
            self.heading, self.path = f"Track “{track}”", f"tracks.{track.kind}."
            del self.fields["kind"]
        else:
            used = self.challenge.tracks.values_list("kind", flat=True)
            free = [choice for choice in Kind.choices if choice[0] not in used]
            self.fields["kind"].choices = free  # type: ignore[attr-defined]

    def stored(self) -> Json:
        if self.track is None:
            return {"aggregate": Aggregate.MEAN_SKILL}
        return {name: getattr(self.track, name) for name in self.base_fields}

    def document(self) -> Json:
        if self.track is None:
            return {"tracks": [self.cleaned_data]}
        return {"tracks": [{"kind": self.track.kind, **self.changed()}]}


class PrizesSheet(Sheet):
    """The prizes of a track: a row for each rank, and one more."""

    lead = (
        "Empty a prize to remove it. A team that is not eligible is passed over for the next one."
    )

    def __init__(self, *args: Any, track: Track, **options: Any) -> None:
        self.track = track
        self.prizes = {prize.rank: prize for prize in track.prizes.all()}
        self.ranks = range(1, max([FEWEST_PRIZES, *(rank + 1 for rank in self.prizes)]) + 1)
        super().__init__(*args, **options)
        self.heading, self.path = f"Prizes of “{track}”", f"tracks.{track.kind}."
        for rank in self.ranks:
            self.fields[f"text_{rank}"] = forms.CharField(
                required=False, max_length=200, label=f"Prize for rank {rank}"
            )
            self.fields[f"value_{rank}"] = forms.CharField(
                required=False, max_length=80, label=f"Value of prize {rank}"
            )

    def stored(self) -> Json:
        texts = {f"text_{rank}": prize.text for rank, prize in self.prizes.items()}
        return {**texts, **{f"value_{rank}": each.value for rank, each in self.prizes.items()}}

    def clean(self) -> Json:
        for rank in self.ranks:
            has_value = self.cleaned_data.get(f"value_{rank}")
            if has_value and not self.cleaned_data.get(f"text_{rank}"):
                self.add_error(f"text_{rank}", "Say what the prize is, or empty its value.")
        return self.cleaned_data

    def labels(self) -> dict[str, str]:
        names = {f"{self.path}prizes.{rank}": f"Prize for rank {rank}" for rank in self.ranks}
        return {**super().labels(), **names}

    def document(self) -> Json:
        if not self.changed_data:
            return {}
        said = self.cleaned_data
        prizes = [
            {"rank": rank, "text": said[f"text_{rank}"], "value": said[f"value_{rank}"]}
            for rank in self.ranks
            if said[f"text_{rank}"]
        ]
        return {"tracks": [{"kind": self.track.kind, "prizes": prizes}]}


class TaskSheet(Sheet):
    """A task of a track, or a new one."""

    heading = "A new task"
    lead = "A data set version and what its predictions are ranked by."

    slug = forms.SlugField(
        max_length=60, label="Short name", help_text="For its address; it cannot change."
    )
    title = forms.CharField(max_length=120)
    dataset = forms.ChoiceField(
        label="Data set", help_text="Data sets that you brought, or that a challenge of yours uses."
    )
    headline = forms.ChoiceField(label="Headline metric", help_text="What the board ranks by.")
    description = markdown("Description", "Markdown. What is asked, and what counts as right.", 6)
    feedback = forms.ChoiceField(
        choices=Feedback.choices,
        initial=Feedback.ROUNDED,
        help_text="<code>rounded</code> shows scores rounded to the step. <code>ladder</code> "
        "shows one only when it beats the last by more than the noise, and so withstands many "
        "submissions. <code>exact</code> is for rehearsals.",
    )
    step = forms.FloatField(
        required=False,
        help_text="What displayed scores are rounded to. Empty: when the task opens, it is fixed "
        "to the standard error of the AutoGluon baseline, which is what we propose.",
    )
    ceiling = forms.FloatField(
        required=False,
        label="Best possible score",
        help_text="Only where it is known, such as from labels that two people gave.",
    )
    pause = forms.CharField(
        required=False,
        max_length=300,
        label="Paused, because",
        help_text="While this is not empty the task takes no submissions, and everybody reads it. "
        "Submissions that wait are still scored.",
    )
    daily_limit = forms.IntegerField(
        min_value=0, initial=5, label="Submissions of a team a day", help_text="UTC days."
    )
    total_limit = forms.IntegerField(
        required=False,
        min_value=1,
        label="Submissions of a team in total",
        help_text="On all days together. Empty: only the limit of a day counts.",
    )
    final_limit = forms.IntegerField(
        min_value=1,
        max_value=20,
        initial=2,
        label="Submissions that a team may choose as final",
        help_text="The best of them on the private part counts. We propose 2: with more, luck on "
        "the private rows counts for more. Fixed when the challenge opens.",
    )
    in_flight_limit = forms.IntegerField(
        min_value=0, initial=3, label="Submissions of a team that wait at the same time"
    )
    rejected_limit = forms.IntegerField(
        min_value=0, initial=50, label="Rejected files of a team a day"
    )
    max_bytes = forms.IntegerField(min_value=1, initial=200_000_000, label="Largest file, in bytes")

    def __init__(
        self, *args: Any, track: Track | None = None, task: Task | None = None, **options: Any
    ) -> None:
        self.track, self.task = (task.track if task else track), task
        super().__init__(*args, **options)
        if task:
            self.heading, self.path = f"Task “{task}”", f"tasks.{task.slug}."
            del self.fields["slug"]
        kind = cast(MetricKind, self.track.kind)  # type: ignore[union-attr]
        self.fields["dataset"].choices = self._datasets(kind)  # type: ignore[attr-defined]
        forms_of = metrics_of(kind)
        self.fields["headline"].choices = [  # type: ignore[attr-defined]
            (name, METRICS[name].title) for name, form in forms_of.items() if form.withheld != "all"
        ]

    def _datasets(self, kind: str) -> list[tuple[str, str]]:
        """Return the data set versions to choose from: those of the kind, and the present one."""
        versions = list(usable_versions(self.by).filter(kind=kind))
        if self.task and self.task.dataset_version not in versions:
            versions.insert(0, self.task.dataset_version)
        return [(f"{row.name}@{row.number}", f"{row.title} ({row})") for row in versions]

    def stored(self) -> Json:
        if self.task is None:
            return {}
        version = self.task.dataset_version
        kept = {name: getattr(self.task, name) for name in self.base_fields if name != "dataset"}
        kept["step"] = None if self.task.step is None else float(self.task.step)
        return {**kept, "dataset": f"{version.name}@{version.number}"}

    def labels(self) -> dict[str, str]:
        version = f"{self.path}dataset_version"
        return {**super().labels(), version: "Data set"}

    def document(self) -> Json:
        assert self.track is not None  # noqa: S101  (for the type checker)
        if self.task is None:
            said = {name: value for name, value in self.cleaned_data.items() if value is not None}
        else:
            said = {"slug": self.task.slug, **self.changed()}
        return {"tracks": [{"kind": self.track.kind, "tasks": [said]}]}


class FileSheet(Sheet):
    heading = "File"
    lead = "The whole challenge as its challenge.yaml: edit it here, or download it and send it."

    file = forms.FileField(
        required=False, label="A challenge.yaml", help_text="It replaces the text below."
    )
    text = forms.CharField(
        strip=False,
        required=False,
        label="Text of the file",
        widget=forms.Textarea(attrs={"rows": 30, "class": "code", "spellcheck": "false"}),
        help_text="What you take out stays as it is, except organizers, who lose their roles.",
    )

    def __init__(self, data: QueryDict | None = None, files: Files | None = None, **options: Any):
        if data is not None and files and "file" in files:
            data = data.copy()
            data["text"] = text_of(files.pop("file")[0])
        super().__init__(data, files, **options)

    def stored(self) -> Json:
        return {"text": definition_text(self.challenge)}

    def definition(self) -> ChallengeDefinition:
        definition = parse(self.cleaned_data["text"].replace("\r\n", "\n"))
        if definition.slug != self.challenge.slug:
            raise BadDefinition(
                f"This is the file of `{definition.slug}`, and here is `{self.challenge.slug}`. "
                "Choose the file of this challenge, or set its slug."
            )
        return definition


def text_of(file: Any) -> str:
    """Return the text of an uploaded file; bytes that are not UTF-8 become replacement signs."""
    content: bytes = file.read(4 * LONGEST)
    return content.decode("utf-8", errors="replace")
