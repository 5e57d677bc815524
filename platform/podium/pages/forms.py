"""What a team fills in to submit."""

from typing import Any

from django import forms

from podium.submissions.uploads import SUFFIXES, Upload


class SubmitForm(forms.Form):
    """A predictions file, and what the team wants to remember about it."""

    file = forms.FileField(
        label="Predictions file",
        error_messages={"required": "Choose a file first."},
        help_text="CSV or Parquet; CSV may be compressed with gzip or zstd.",
        widget=forms.FileInput(attrs={"accept": ",".join(SUFFIXES)}),
        allow_empty_file=True,
    )
    method = forms.CharField(
        label="Method",
        required=False,
        max_length=120,
        help_text="A name you will recognise it by. Only your team and the organizers see it.",
    )
    accept_rules = forms.BooleanField(
        label="I have read the rules of this challenge and accept them",
        required=False,
        error_messages={"required": "Read the rules and tick this box, then upload again."},
    )

    def __init__(self, *args: object, ask_rules: bool = False, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if ask_rules:
            self.fields["accept_rules"].required = True
        else:
            del self.fields["accept_rules"]

    def clean_file(self) -> Any:
        """Refuse what is no table before a team or anything else is made for it."""
        file = self.cleaned_data["file"]
        if problem := file.upload.problem():
            raise forms.ValidationError(problem)
        return file

    @property
    def upload(self) -> Upload:
        """The received file as the upload handler measured it."""
        upload: Upload = self.cleaned_data["file"].upload
        return upload
