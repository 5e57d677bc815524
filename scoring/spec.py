"""The few facts of dataset.json that scoring needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

Kind = Literal["matching", "classification"]
KINDS: tuple[Kind, ...] = ("matching", "classification")
RESERVED_NAMES = frozenset({"id", "prediction", "score", ""})


class SpecError(ValueError):
    """dataset.json cannot be used; the text says which key is wrong and what was expected."""


@dataclass(frozen=True)
class TaskSpec:
    """Kind and labels of a task.

    `classes` are the labels in declared order; a label's code is its index. For matching they
    are (negative label, positive label), so that code 1 is a match. `one_table` says that left and
    right records come from one table, so that equal record ids mean the same record.
    """

    kind: Kind
    classes: tuple[str, ...]
    one_table: bool = False

    @property
    def positive_label(self) -> str:
        """The label of a match; only meaningful for matching."""
        return self.classes[1]

    @classmethod
    def from_file(cls, path: Path) -> TaskSpec:
        """The spec of a dataset.json; SpecError for a file that is missing, broken or odd."""
        try:
            document = json.loads(Path(path).read_bytes())
        except (OSError, ValueError) as error:
            raise SpecError(f"{path}: cannot be read as JSON ({error})") from error
        if not isinstance(document, dict):
            raise SpecError(f"{path}: expected a JSON object")
        try:
            return cls.from_document(document)
        except SpecError as error:
            raise SpecError(f"{path}: {error}") from error

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> TaskSpec:
        """The spec of a parsed dataset.json; SpecError names the key that is wrong."""
        kind = document.get("kind")
        if kind not in KINDS:
            raise SpecError(f"`kind` must be one of {', '.join(KINDS)}, not {kind!r}")
        if kind == "matching":
            labels: object = [document.get("negative_label"), document.get("positive_label")]
            source = "`negative_label` and `positive_label`"
        else:
            labels = document.get("classes")
            source = "`classes`"
        tables = document.get("records")
        one_table = isinstance(tables, dict) and set(tables) == {"records"}
        return cls(cast(Kind, kind), _labels(labels, source), one_table)


def _labels(labels: object, source: str) -> tuple[str, ...]:
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise SpecError(f"{source} must be text")
    if len(labels) < 2:
        raise SpecError(f"{source} must name at least two labels")
    if len(set(labels)) < len(labels):
        raise SpecError(f"{source} must differ from one another")
    if reserved := RESERVED_NAMES.intersection(labels):
        raise SpecError(f"{source} must not use {', '.join(map(repr, sorted(reserved)))}")
    return tuple(labels)
