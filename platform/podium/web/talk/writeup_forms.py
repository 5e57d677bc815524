"""What people type into a write-up. The verbs judge it; these forms keep it."""

from typing import Any

from django import forms

from podium.refusals import RefusalForm, Refused
from podium.writeups import attachments
from podium.writeups.models import WriteUpVersion
from podium.writeups.validation import MOST_BODY, MOST_LINKS, MOST_REASON, MOST_TITLE


class WriteUpForm(RefusalForm):
    """Asks for a version: its words, its links, and its PDFs."""

    field_of = {"text": "body", "link": "links"}

    title = forms.CharField(label="Title", widget=forms.TextInput(attrs={"maxlength": MOST_TITLE}))
    body = forms.CharField(
        label="Description",
        widget=forms.Textarea(attrs={"rows": 20, "maxlength": MOST_BODY}),
        help_text=f"Markdown without pictures, up to {MOST_BODY:,} characters.",
    )
    links = forms.CharField(
        label="Links",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=f"Up to {MOST_LINKS}, one in each line: its address (https://…), a space, and "
        "what it leads to.",
    )
    paper = forms.FileField(
        label="Paper",
        required=False,
        help_text=f"A PDF of up to {attachments.MOST_BYTES // 1_000_000} MB.",
        widget=forms.FileInput(attrs={"accept": ".pdf,application/pdf"}),
        allow_empty_file=True,
    )
    remove_paper = forms.BooleanField(label="Leave the paper out", required=False)
    slides = forms.FileField(
        label="Slides",
        required=False,
        help_text=f"A PDF of up to {attachments.MOST_BYTES // 1_000_000} MB.",
        widget=forms.FileInput(attrs={"accept": ".pdf,application/pdf"}),
        allow_empty_file=True,
    )
    remove_slides = forms.BooleanField(label="Leave the slides out", required=False)
    based_on = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, *sent: Any, latest: WriteUpVersion | None) -> None:
        super().__init__(*sent)
        self.initial = _initial(latest)
        for kind in attachments.KINDS:
            pdf = getattr(latest, kind, None)
            if pdf is None:
                del self.fields[f"remove_{kind}"]
            else:
                self.fields[kind].help_text = f"“{pdf.name}” stays unless you choose another."

    def clean_paper(self) -> object:
        return _checked(self.cleaned_data["paper"])

    def clean_slides(self) -> object:
        return _checked(self.cleaned_data["slides"])

    def wish(self) -> dict[str, Any]:
        """Return what `writeups.actions.save` takes of a form that is valid."""
        typed = self.cleaned_data
        sent = {kind: typed[kind].upload for kind in attachments.KINDS if typed[kind]}
        removed = {kind for kind in attachments.KINDS if typed.get(f"remove_{kind}")}
        words = {name: typed[name] for name in ("title", "body", "based_on")}
        return {**words, **sent, "links": links_of(typed["links"]), "remove": removed}

    def base_on(self, latest: WriteUpVersion) -> None:
        """Base the next save on this version, which the person has now seen."""
        self.data = {**self.data.dict(), "based_on": str(latest.number)}  # type: ignore[attr-defined]


class ReasonForm(RefusalForm):
    """Asks organizers why they hide a write-up."""

    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": MOST_REASON}),
        help_text="The team reads it.",
    )


def links_of(text: str) -> list[dict[str, str]]:
    """Return what is typed as links, one in each line: an address and what it leads to."""
    lines = [line.strip().partition(" ") for line in text.splitlines() if line.strip()]
    return [{"url": url, "title": title} for url, _, title in lines]


def _initial(latest: WriteUpVersion | None) -> dict[str, object]:
    if latest is None:
        return {"based_on": 0}
    links = "\n".join(f"{link['url']} {link['title']}" for link in latest.links)
    words = {"title": latest.title, "body": latest.body, "links": links}
    return {**words, "based_on": latest.number}


def _checked(file: Any) -> object:
    """Return the file of a form, which is a PDF or none."""
    if file:
        try:
            attachments.check(file.upload)
        except Refused as refused:
            raise forms.ValidationError(refused.message) from refused
    return file
