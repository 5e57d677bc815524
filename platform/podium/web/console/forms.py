"""What organizers type in the console."""

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import QueryDict

from podium.catalog.models import Solution
from podium.challenges.models import Challenge, Task


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


class RescoreForm(forms.Form):
    """Asks which solution to rescore a task with."""

    solution = forms.ModelChoiceField(Solution.objects.none(), empty_label=None)

    def __init__(self, data: QueryDict | None = None, *, task: Task) -> None:
        super().__init__(data, auto_id="rescore_%s", initial={"solution": task.solution_id})
        _set_queryset(self, "solution", task.dataset_version.solutions.all())


class PublishForm(forms.Form):
    """Asks what everybody reads about a rescore when it is published."""

    why = forms.CharField(
        max_length=1000,
        label="Note to the teams",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What was wrong, and what is right now. Teams read it in their notice, everybody "
        "on the challenge page.",
        error_messages={"required": "Say why the scores of the teams change."},
    )
    confirm = forms.BooleanField(
        label="Publish these changes to all boards now",
        error_messages={"required": "Nothing was published. Tick the box to confirm."},
    )

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data, auto_id="publish_%s")


def _set_queryset(form: forms.Form, name: str, rows: QuerySet[Model]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  (for the type checker)
    field.queryset = rows
