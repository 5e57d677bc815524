"""Advice of checks in the words of the draft's form: keys become links to the fields they name."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from podium.web.console.datasets.draft import OF_COLUMNS, DraftForm, Field, shown_columns

# Short names of checks for a field that has a longer path.
_ALIASES = {"split": "split.method", "shared_salt": "split.shared_salt", "usage": "roles.usage"}
_KEY = re.compile(r"`([^`]*)`")
# “set `ids` to new”: the value of a choice is said as the form shows it.
_CHOSEN = re.compile(r"`([a-z_.]+)` to ([a-z]+)\b")
_TICKED = re.compile(r"set `use`((?: of [^`:,]*?)?) to (true|false)\b")


@dataclass(frozen=True)
class Target:
    """A field of the form: its label, its id (empty where the form has no such input)."""

    label: str
    id: str

    @property
    def html(self) -> SafeString:
        if not self.id:
            return format_html("“{}”", self.label)
        return format_html('<a href="#{}">{}</a>', self.id, self.label)


class Advice:
    """Writes messages of checks for readers of one form; without `linked` it is not on the page."""

    def __init__(self, form: DraftForm, *, linked: bool) -> None:
        self.linked = linked
        fields: Iterable[Field] = (*form.facts, *form.roles, *form.division)
        self._fields = {field.key.removeprefix("draft."): field for field in fields}
        columns = list(shown_columns(form.document))
        self._columns = {(table, column["name"]): key for table, key, column in columns}
        self._with_format = {key for _, key, column in columns if form.format_help(column)}

    def column_id(self, finding: Mapping[str, object]) -> str:
        """Return the id of the tick of the column that a finding is about, or ""."""
        found = self._columns.get((str(finding["table"]), str(finding["column"])), "")
        return found if self.linked else ""

    def html(self, finding: Mapping[str, object]) -> SafeString:
        """Return the message of a finding with the form's names, as HTML."""
        text = str(finding["message"]).replace("`split` in draft.json", "`split`")
        text = text.replace("set `split.strict`", "tick `split.strict`")
        text = _TICKED.sub(lambda m: f"{'tick' if m[2] == 'true' else 'untick'} `use`{m[1]}", text)
        text = _CHOSEN.sub(self._chosen, text)
        parts = _KEY.split(text)
        # Every second part stood between backticks.
        return mark_safe(  # noqa: S308  (each part is escaped)
            "".join(
                self._named(part, finding) if place % 2 else escape(part)
                for place, part in enumerate(parts)
            )
        )

    def _chosen(self, found: re.Match[str]) -> str:
        key, value = _ALIASES.get(found[1], found[1]), found[2]
        field = self._fields.get(key)
        words = dict(field.choices).get(value) if field is not None else None
        return f"`{key}` to “{words}”" if words else found[0]

    def _named(self, key: str, finding: Mapping[str, object]) -> SafeString:
        target = self._target(_ALIASES.get(key, key), finding)
        return target.html if target else format_html("<code>{}</code>", key)

    def _target(self, key: str, finding: Mapping[str, object]) -> Target | None:
        column = self.column_id(finding)
        if key in OF_COLUMNS and (column or key not in self._fields):
            inside = column if key == "use" else f"{column}.{key}"
            is_there = column and (key != "format" or column in self._with_format)
            return Target(OF_COLUMNS[key], inside if is_there else "")
        if field := self._fields.get(key):
            return Target(field.label, field.key if self.linked else "")
        return None


def place(finding: Mapping[str, object], column_id: str = "") -> SafeString:
    """Return the table and column of a finding as HTML, the column as a link if it has an id."""
    table, column = (str(finding[key]) for key in ("table", "column"))
    if column:
        link = '<a href="#{1}"><code>{0}</code></a>' if column_id else "<code>{0}</code>"
        named = format_html(link, column, column_id)
        if not table:
            return format_html("Column {}", named)
        return format_html("Table <code>{}</code>, column {}", table, named)
    return format_html("Table <code>{}</code>", table) if table else mark_safe("")
