"""A checkpoint of timm as AutoGluon reads it from a folder."""

import json
from pathlib import Path

import timm
import torch
from safetensors.torch import load_file

from baselines.method import BaselineError

FILES = ("model.safetensors", "pytorch_model.bin")


def image_folder(checkpoint: Path, scratch: Path) -> Path:
    """A folder in ``scratch`` with the checkpoint's network without its head.

    AutoGluon reads only ``pytorch_model.bin`` with the weights of the body; hubs store them with a
    head, and often as safetensors. Errors: BaselineError if it is not a checkpoint.
    """
    config = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    try:
        body = timm.create_model(config["architecture"], pretrained=False, num_classes=0)
    except (KeyError, RuntimeError) as error:
        raise BaselineError(
            f"The image backbone {checkpoint} is not a checkpoint of timm: its config.json does "
            "not name an architecture that timm knows."
        ) from error
    weights = _weights(checkpoint)
    wanted = body.state_dict()
    missing = [name for name in wanted if name not in weights]
    if missing:
        raise BaselineError(f"The image backbone {checkpoint} lacks weights, such as {missing[0]}.")
    folder = scratch / "image-backbone"
    folder.mkdir()
    torch.save({name: weights[name] for name in wanted}, folder / "pytorch_model.bin")
    known = {"num_features": body.num_features}
    (folder / "config.json").write_text(json.dumps(config | known), encoding="utf-8")
    return folder


def _weights(checkpoint: Path) -> dict[str, torch.Tensor]:
    found = next((checkpoint / name for name in FILES if (checkpoint / name).is_file()), None)
    if found is None:
        raise BaselineError(f"The image backbone {checkpoint} has none of {', '.join(FILES)}.")
    weights: dict[str, torch.Tensor]
    if found.suffix == ".safetensors":
        weights = load_file(found)
    else:
        weights = torch.load(found, map_location="cpu", weights_only=True)
    return weights
