"""Pretrained networks on this machine: found by folder or hub name, and prepared for use."""

import re
from importlib import import_module
from pathlib import Path

from baselines.method import BaselineError, Settings
from tabset import ColumnType, Dataset

TEXT, IMAGE = "text", "image"
TEXTUAL = frozenset({ColumnType.TEXT, ColumnType.LIST})
HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")
# The files of a checkpoint that are read, without the same weights for other libraries.
PARTS = ["*.json", "*.txt", "*.model", "*.safetensors", "*.bin"]


def usable(dataset: Dataset, settings: Settings) -> dict[str, str]:
    """The given backbones for which the data set has columns: kind (text, image) to its name.

    Errors: BaselineError if it has texts or images and no backbone is given for either.
    """
    types = {column.type for column in dataset.columns}
    needed = [TEXT] if types & TEXTUAL else []
    needed += [IMAGE] if ColumnType.IMAGE in types else []
    given = {TEXT: settings.backbones.text, IMAGE: settings.backbones.image}
    found = {kind: name for kind in needed if (name := given[kind])}
    if needed and not found:
        options = " and ".join(f"--{kind}-backbone" for kind in needed)
        raise BaselineError(
            f"No backbone is given for the data set's {'s and '.join(needed)}s. Give {options}: "
            "the folder of a checkpoint, or its name on the hub if this machine has it in its "
            "cache (on a site PODIUM_TEXT_BACKBONE and PODIUM_IMAGE_BACKBONE)."
        )
    return found


def located(name: str, kind: str) -> Path:
    """The local folder of a checkpoint, which is given as a folder or by its name on the hub.

    A name is looked up in the hub's cache (HF_HOME), and fetched only if HF_HUB_OFFLINE is 0.
    Errors: BaselineError with the problem and what to give.
    """
    folder = Path(name).expanduser()
    if not folder.is_dir():
        folder = _from_hub(name, kind)
    if not (folder / "config.json").is_file():
        raise BaselineError(
            f"The {kind} backbone {name} is not a checkpoint: it has no config.json."
        )
    return folder.resolve()


def _from_hub(name: str, kind: str) -> Path:
    if not HUB_NAME.fullmatch(name):
        raise BaselineError(f"There is no folder {name}, which is given as the {kind} backbone.")
    hub = import_module("huggingface_hub")
    try:
        return Path(hub.snapshot_download(name, allow_patterns=PARTS))
    except (OSError, ValueError) as error:  # the hub's errors are subclasses
        raise BaselineError(
            f"The {kind} backbone {name} is neither a folder nor in the hub's cache of this "
            "machine (HF_HOME). Give the folder of a checkpoint, or fetch this one beforehand "
            "(hf download)."
        ) from error
