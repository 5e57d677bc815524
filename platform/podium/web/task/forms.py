"""What a team fills in to submit, to check a file, and to say what a submission was."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django import forms

from podium.accounts.models import User, Viewer
from podium.challenges.models import Task
from podium.refusals import Refused
from podium.submissions import partial
from podium.submissions.models import PartialUpload
from podium.teams.actions import last_acceptance
from podium.teams.guards import rules_reason
from podium.uploads.receiving import Upload
from podium.web.submission.forms import DescribeForm
from scoring.naming import SUFFIXES, problem_of_file

_NO_FILE = "Choose a file first."
_OF_FORM = ("too_long", "bad_text", "same_file")


class SubmitForm(DescribeForm):
    """A predictions file, and what the team wants to remember about it.

    `upload` names a file that has arrived in parts; then the form brings none.
    """

    file = forms.FileField(
        label="Predictions file",
        required=False,
        help_text="CSV or Parquet; CSV may be compressed with gzip or zstd.",
        widget=forms.FileInput(attrs={"accept": ",".join(SUFFIXES)}),
        allow_empty_file=True,
    )
    upload = forms.ModelChoiceField(
        PartialUpload.objects.none(), required=False, widget=forms.HiddenInput
    )
    accept_rules = forms.BooleanField(
        label="I have read the rules of this challenge and accept them",
        error_messages={"required": "Read the rules and tick this box, then upload again."},
    )
    rules_version = forms.CharField(required=False, widget=forms.HiddenInput)

    field_order = ("file", "method", "note")

    def __init__(
        self,
        *sent: Any,
        task: Task,
        by: Viewer,
        ask_rules: bool,
        is_check: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(*sent, **options)
        self.fields["accept_rules"].required = not is_check
        if by.is_authenticated:
            mine = PartialUpload.objects.filter(user=by, task=task)
            self.fields["upload"].queryset = mine  # type: ignore[attr-defined]
        self._task = task
        self._version = task.challenge.rules_hash
        self.kept: PartialUpload | None = None
        self.is_same_file = False
        # The version of the rules that the person accepted before the one that stands now.
        self.accepted = last_acceptance(by, task.challenge) if ask_rules else None
        self.fields["rules_version"].initial = self._version
        if self.accepted:
            why = rules_reason(task.challenge, self.accepted)
            asked = f"{why} Read it and tick this box."
            self.fields["accept_rules"].error_messages["required"] = asked
        if not ask_rules:
            del self.fields["accept_rules"]
            del self.fields["rules_version"]

    def clean_file(self) -> object:
        """Refuse a file that is not a table before a team or anything else is created."""
        file = self.cleaned_data["file"]
        if file and (problem := problem_of_file(file.upload.name, file.upload.head)):
            raise forms.ValidationError(problem.message)
        return file

    def clean(self) -> None:
        if "file" in self.errors:
            return
        if self.errors.pop("upload", None):
            self.add_error("file", "What arrived in parts is not there any more. Send it again.")
        elif not (self.cleaned_data["file"] or self.cleaned_data["upload"]):
            self.add_error("file", _NO_FILE)

    def refuse(self, refused: Refused) -> None:
        """Attach the refusal to the rules, the form or, by default, the file."""
        self.is_same_file = refused.code == "same_file"
        if refused.code == "rules_changed":
            # Shown again with the rules as they are now, which the person has not accepted yet.
            typed = {name: text for name, text in self.data.items() if name != "accept_rules"}
            self.data = {**typed, "rules_version": self._version}
        fields: dict[str, str | None] = {"rules_changed": "accept_rules"}
        fields |= dict.fromkeys(_OF_FORM)
        self.add_error(fields.get(refused.code, "file"), refused.message)

    def keep_file(self, by: User) -> None:
        """Keep the uploaded file if only the rules were missing, or it was submitted before."""
        if set(self.errors) != {"accept_rules"} and not self.is_same_file:
            return
        kept = self.parts
        if kept is None:
            upload = self.cleaned_data["file"].upload
            try:
                kept = partial.keep(task=self._task, upload=upload, by=by)
            except Refused:
                return  # then it is to be chosen again, as the page says
        self.kept = kept
        self.data = {**dict(self.data.items()), "upload": str(self.kept.pk)}

    @property
    def parts(self) -> PartialUpload | None:
        """The upload that the form names, if the file came ahead of it."""
        return None if self.cleaned_data["file"] else self.cleaned_data["upload"]

    @contextmanager
    def received(self) -> Iterator[Upload]:
        """Give the file, however it came, as long as the block runs. Raises Refused."""
        if self.parts:
            with partial.finished(partial=self.parts) as upload:
                yield upload
        else:
            yield self.cleaned_data["file"].upload
