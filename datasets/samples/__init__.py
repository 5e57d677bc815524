"""The built-in sample data sets and the sample challenge (`challenge.yaml` in this folder)."""

from collections.abc import Callable, Mapping
from pathlib import Path

import tabset
from samples import catalogue_pairs, catalogue_type, digits, febrl
from tabset import Built, Source

_SOURCES: Mapping[str, Callable[[], Source]] = {
    "catalogue-exact": lambda: catalogue_pairs.source(catalogue_pairs.EXACT),
    "catalogue-variant": lambda: catalogue_pairs.source(catalogue_pairs.VARIANT),
    "febrl-person-linkage": febrl.source,
    "catalogue-type": catalogue_type.source,
    "digits": digits.source,
}
# Both are pairs of the same records, so one salt divides both.
_SISTERS = dict.fromkeys(("catalogue-exact", "catalogue-variant"), "catalogue-pairs")
NAMES: tuple[str, ...] = tuple(_SOURCES)
CHALLENGE = Path(__file__).parent / "challenge.yaml"
FINISHED = Path(__file__).parent / "finished.zip"
"""The archive of an event that is over, with invented teams (made by `tools.finished`)."""


def build(name: str, out: Path) -> Built:
    """Writes the sample data set `name` to out/<name>/public and out/<name>/private.

    The same bytes on every call: the salt is part of this package, as are the labels. Raises
    `KeyError` for a name that is not in `NAMES`, `tabset.DatasetError` if the folders hold files.
    """
    source = _SOURCES[name]()
    folder = out / name
    salt = f"podium-{_SISTERS.get(name, name)}"
    return tabset.build(source, folder / "public", folder / "private", salt=salt)
