"""What a team fills in to submit."""

from django import forms

from podium.submissions.uploads import SUFFIXES, Upload


class SubmitForm(forms.Form):
    """A predictions file, and what the team wants to remember about it."""

    file = forms.FileField(
        label="Predictions file",
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
        label="I have read the rules of this challenge and accept them", required=False
    )

    def __init__(self, *args: object, ask_rules: bool = False, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if ask_rules:
            self.fields["accept_rules"].required = True
        else:
            del self.fields["accept_rules"]

    @property
    def upload(self) -> Upload:
        """The received file as the upload handler measured it."""
        upload: Upload = self.cleaned_data["file"].upload
        return upload
