"""What people type to ask and to answer. The verbs judge it; these forms keep it."""

from django import forms
from django.http import QueryDict

from podium.challenges.models import Challenge, Task
from podium.discussions.actions import MOST_BODY, MOST_TITLE
from podium.refusals import RefusalForm
from podium.teams.models import Team

_MARKDOWN = f"Markdown, up to {MOST_BODY:,} characters. Everybody who sees the challenge reads it."


class TextForm(RefusalForm):
    """Asks for a text."""

    field_of = {"text": "body"}

    body = forms.CharField(
        label="Text",
        widget=forms.Textarea(attrs={"rows": 6, "maxlength": MOST_BODY}),
        help_text=_MARKDOWN,
    )


class QuestionForm(TextForm):
    """Asks for a question: its title and its text."""

    title = forms.CharField(
        label="Question",
        widget=forms.TextInput(attrs={"maxlength": MOST_TITLE}),
        help_text="In one sentence.",
    )
    field_order = ["title", "body"]


class AskForm(QuestionForm):
    """Asks also what a new question is about, unless it is about a finalist."""

    task = forms.ModelChoiceField(
        Task.objects.none(),
        required=False,
        label="About",
        to_field_name="slug",
        empty_label="the challenge as a whole",
    )
    team = forms.ModelChoiceField(
        Team.objects.none(), to_field_name="slug", widget=forms.HiddenInput
    )
    field_order = ["task", "team", "title", "body"]

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        challenge: Challenge,
        finalist: Team | None,
        task: str = "",
    ) -> None:
        initial = {"task": task or None, "team": finalist.slug if finalist else None}
        super().__init__(data, auto_id="ask_%s", initial=initial)
        del self.fields["task" if finalist else "team"]
        field = self.fields["team" if finalist else "task"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  (for the type checker)
        teams = Team.objects.filter(pk=finalist.pk) if finalist else Team.objects.none()
        field.queryset = teams if finalist else challenge.tasks.all()
