"""``python checkpoints.py DIR WORD ...`` makes the tiny checkpoints DIR/text and DIR/image.

They are untrained, and laid out as hubs lay them out. Needs the extra `multimodal`.
"""

import json
import string
import sys
from pathlib import Path

SIDE = 32


def text(folder: Path, words: list[str]) -> None:
    """A BERT of 16 numbers a token that knows these words and spells all others."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder.mkdir(parents=True)
    letters = string.ascii_lowercase + string.digits + string.punctuation
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = [*special, *letters, *(f"##{letter}" for letter in letters), *words]
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n")
    BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
    )
    BertModel(config).save_pretrained(folder)


def image(folder: Path) -> None:
    """The smallest network of timm for pictures of 32 × 32, with its head, as safetensors."""
    import timm
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    torch.manual_seed(0)
    network = timm.create_model("lcnet_035", pretrained=False, num_classes=10)
    save_file(network.state_dict(), folder / "model.safetensors")
    sizes = {"input_size": [3, SIDE, SIDE], "mean": [0.5] * 3, "std": [0.5] * 3}
    config = {"architecture": "lcnet_035", "num_classes": 10, "pretrained_cfg": sizes}
    (folder / "config.json").write_text(json.dumps(config))


if __name__ == "__main__":
    text(Path(sys.argv[1]) / "text", sys.argv[2:])
    image(Path(sys.argv[1]) / "image")
