"""YAML that reads back as what was written, whatever characters it holds."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

# Readers of YAML take these for line ends, so they must be escaped, which quotes make possible.
OTHER_LINE_ENDS = re.compile("[\x85\u2028\u2029]")


class _Dumper(yaml.SafeDumper):
    """Puts texts with rare line ends in double quotes."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if OTHER_LINE_ENDS.search(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _text)


def dumps(document: Mapping[str, Any], width: int = 88) -> str:
    """The mapping as block YAML, its keys in their order, lines of about `width` characters."""
    text: str = yaml.dump(
        document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=width
    )
    return text
