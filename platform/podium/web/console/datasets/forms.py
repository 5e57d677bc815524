"""What organizers type to begin a data set and to have its raw files read."""

import re
from collections.abc import Iterable

from django import forms
from django.core.validators import RegexValidator
from django.http import QueryDict
from django.utils.html import format_html

from podium.catalog.actions import imports
from podium.catalog.actions.imports import CannotImport, checked_options
from podium.catalog.models import Access
from podium.files import Json
from podium.web.base.presenters import Context
from tabset.draft import Keep, Order, SplitMethod
from tabset.errors import DatasetError
from tabset.importers import IMPORTERS, Option
from tabset.importers import options as shared

LONG = {"description", "citation"}
CHOICES: dict[str, Iterable[str]] = {
    "split_method": SplitMethod,
    "ids": Keep,
    "image_names": Keep,
    "order": Order,
    "strict": ("false", "true"),
}
FACTS = {"description", "licence", "licence_url", "citation", "origin", "match_semantics"}
READING = {option.name for option in shared.READING}
SPLITTING = {*CHOICES, "test_share", "public_share"}
# How both checks of options name the one at fault.
_AT_FAULT = re.compile(r"(?:the option |needs `|Option `)(\w+)")


class NewForm(forms.Form):
    """Asks what a new data set is called and in which form its raw data come."""

    name = forms.CharField(
        max_length=60,
        help_text="For addresses, such as <code>abt-buy</code>. With the name of one of your "
        "data sets you begin its next version.",
        validators=[
            RegexValidator(
                r"^[a-z0-9]+(-[a-z0-9]+)*$",
                "Use small letters a–z and digits, with single hyphens between them.",
            )
        ],
    )
    title = forms.CharField(max_length=120, help_text="The heading of its page.")
    importer = forms.ChoiceField(
        label="File format",
        widget=forms.RadioSelect,
        choices=[
            (name, format_html('{} <span class="quiet">{}</span>', name, importer.summary))
            for name, importer in IMPORTERS.items()
        ],
        initial="table",
    )
    access = forms.ChoiceField(
        label="Access once it is published",
        choices=Access.choices,
        help_text="You can still change it.",
    )

    def __init__(self, data: QueryDict | None) -> None:
        super().__init__(data, auto_id="new_%s", use_required_attribute=False)


class OptionsForm(forms.Form):
    """The options of an importer: what it needs, what is its own, and what all have."""

    def __init__(
        self, data: QueryDict | None = None, *, importer: str, initial: Json | None = None
    ) -> None:
        super().__init__(data, auto_id="option_%s", initial=initial)
        self.importer = IMPORTERS[importer]
        for option in self.importer.options:
            if option.name not in imports.SET_BY_US:
                self.fields[option.name] = _field(option)

    def clean(self) -> dict[str, object]:
        """Have both the catalogue and the importer look at the options."""
        given = {name: value for name, value in self.cleaned_data.items() if value}
        try:
            checked_options(self.importer.name, given)
            shared.checked(self.importer, given)
        except (CannotImport, DatasetError) as error:
            self._tell(f"{str(error).rstrip('.')}.")
        return self.cleaned_data

    @property
    def needed(self) -> list[forms.BoundField]:
        """The required options, then those that only this form of raw data has."""
        common = FACTS | READING | SPLITTING
        found = [self[name] for name in self.fields if name not in common]
        return sorted(found, key=lambda field: not field.field.required)

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The common options under their headings."""
        return [
            ("Facts", self._some(FACTS)),
            ("Division into train and test", self._some(SPLITTING)),
            ("How text files are read", self._some(READING)),
        ]

    def _some(self, names: set[str]) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name in names]

    def _tell(self, problem: str) -> None:
        """Attach each error to the option it names."""
        found = _AT_FAULT.search(problem)
        name = found.group(1) if found and found.group(1) in self.fields else None
        if name not in self.errors:
            self.add_error(name, problem[0].upper() + problem[1:])


class FormatForm(forms.Form):
    """Asks in which format the raw files are."""

    importer = forms.ChoiceField(
        label="Another format",
        help_text="The raw files stay. You read what changes before it does.",
        error_messages={"required": "Choose a format."},
    )

    def __init__(self, data: QueryDict | None = None, *, present: str) -> None:
        super().__init__(data, auto_id="format_%s", use_required_attribute=False)
        others = [(name, f"{name}: {each.summary}") for name, each in IMPORTERS.items()]
        self.fields["importer"].choices = [  # type: ignore[attr-defined]
            ("", "Choose a format"), *(other for other in others if other[0] != present)
        ]  # fmt: skip


def words(name: str) -> str:
    """Return the name of an option as a label."""
    return name.replace("_", " ").capitalize().replace(" url", " address")


def _field(option: Option) -> forms.Field:
    described = f"{option.help[0].upper()}{option.help[1:]}."
    same: Context = {
        "label": words(option.name),
        "required": option.required,
        "help_text": described,
    }
    if option.name in CHOICES:
        known = [(str(value), str(value)) for value in CHOICES[option.name]]
        said = option.default or "what fits"
        return forms.ChoiceField(choices=[("", f"not said ({said})"), *known], **same)
    widget = forms.Textarea(attrs={"rows": 3}) if option.name in LONG else forms.TextInput()
    # The space is a character that may separate cells or begin comments.
    return forms.CharField(widget=widget, strip=option.name not in READING, **same)
