"""challenge.yaml as text: reading it with the lines of its keys, and writing it in one form."""

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import yaml

from podium.files import Json

LONGEST = 1_000_000
_MAPPING = yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG


class Lined(dict[str, Any]):
    """A mapping of a file; `lines` has the line of each key, from 1."""

    lines: Mapping[str, int]


def lines_of(mapping: Mapping[str, object]) -> dict[str, int]:
    """Return the line of each key; 0 where the mapping is not from a file."""
    lines = mapping.lines if isinstance(mapping, Lined) else {}
    return {name: lines.get(name, 0) for name in mapping}


class _Loader(yaml.SafeLoader):
    """Reads mappings with their lines, and refuses a key that is there twice."""


def _lined(loader: _Loader, node: yaml.MappingNode) -> Lined:
    loader.flatten_mapping(node)
    made, lines = Lined(), dict[str, int]()
    for key_node, value_node in node.value:
        key, line = loader.construct_object(key_node, deep=True), key_node.start_mark.line + 1
        if not isinstance(key, str):
            raise yaml.YAMLError(f"the key `{key}` in line {line} is not a word. Put it in quotes.")
        if key in made:
            raise yaml.YAMLError(f"the key `{key}` is in lines {lines[key]} and {line}. Keep one.")
        made[key] = loader.construct_object(value_node, deep=True)
        lines[key] = line
    made.lines = lines
    return made


def _stored_text(loader: _Loader, node: yaml.ScalarNode) -> str:
    """Return a text that a database can store."""
    text = str(loader.construct_scalar(node))
    if any(sign == "\0" or unicodedata.category(sign) == "Cs" for sign in text):
        where = f"the text in line {node.start_mark.line + 1}"
        raise yaml.YAMLError(f"{where} has a sign that no text can have. Delete it.")
    return text


_Loader.add_constructor(_MAPPING, _lined)
_Loader.add_constructor("tag:yaml.org,2002:str", _stored_text)


def read(text: str) -> object:
    """Return what a YAML text says. Raises ValueError with what is wrong and where."""
    if len(text) > LONGEST:
        raise ValueError(f"The file has more than {LONGEST:,} characters. Shorten its texts.")
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506  (a subclass of the safe loader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        what = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise ValueError(f"This is not YAML that can be read: {what}") from error


class _Dumper(yaml.SafeDumper):
    """Writes long texts as blocks and times in UTC."""

    def ignore_aliases(self, data: object) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless=False)  # lists are indented below their key


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style=style)


def _time(dumper: _Dumper, at: datetime) -> yaml.ScalarNode:
    written = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return dumper.represent_scalar("tag:yaml.org,2002:timestamp", written)


_Dumper.add_representer(str, _text)
_Dumper.add_multi_representer(str, _text)  # choices
_Dumper.add_representer(datetime, _time)


def write(document: Json) -> str:
    """Return the document as YAML, in the order of its keys: equal documents give equal bytes."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
