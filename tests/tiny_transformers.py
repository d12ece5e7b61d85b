"""Tiny untrained networks in the folders that transformers saves, for tests of the extras that run them."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from videoannotator.inference.library import WeightsLibrary
from videoannotator.inference.pull import add_file

ENCODER_WIDTH, ENCODER_LENGTH = 4, 1500
LABELS = ("neu", "hap", "ang", "sad")


def added_folder(library: Path, name: str, folder: Path) -> Path:
    """A weights library in which the files of a folder were added, as `videoannotator models pull FOLDER` does."""
    add_file(WeightsLibrary(library), folder, name, None, "CC0-1.0")
    return library


def classifier(folder: Path, kind: str = "Wav2Vec2", seed: int = 1, **changes: Any) -> Path:
    """A folder with a network for audio classification."""
    import torch
    import transformers

    torch.manual_seed(seed)
    sizes: dict[str, Any] = {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 16,
        "vocab_size": 4,
        "conv_dim": (8, 8),
        "conv_stride": (16, 20),
        "conv_kernel": (20, 20),
        "num_feat_extract_layers": 2,
        "num_conv_pos_embeddings": 8,
        "num_conv_pos_embedding_groups": 2,
        "classifier_proj_size": 8,
        "id2label": dict(enumerate(LABELS)),
        "label2id": {label: number for number, label in enumerate(LABELS)},
    }
    config = getattr(transformers, f"{kind}Config")(**{**sizes, **changes})
    model = getattr(transformers, f"{kind}ForSequenceClassification")(config)
    with torch.no_grad():
        model.classifier.weight.mul_(30)  # so that categories differ
    model.save_pretrained(folder)
    transformers.Wav2Vec2FeatureExtractor(do_normalize=True, return_attention_mask=False).save_pretrained(folder)
    return folder


def whisper(folder: Path, width: int = ENCODER_WIDTH) -> Path:
    """A folder with a network in the form of Whisper, and how sound is prepared for it."""
    import torch
    import transformers

    torch.manual_seed(2)
    sides = {f"{side}_{size}": count for side in ("encoder", "decoder") for size, count in SIZES.items()}
    config = transformers.WhisperConfig(
        d_model=width,
        max_source_positions=ENCODER_LENGTH,
        max_target_positions=16,
        vocab_size=64,
        **dict.fromkeys(("pad_token_id", "bos_token_id", "eos_token_id", "decoder_start_token_id"), 0),
        **dict.fromkeys(("suppress_tokens", "begin_suppress_tokens")),
        **sides,
    )
    transformers.WhisperForConditionalGeneration(config).save_pretrained(folder)
    transformers.WhisperFeatureExtractor().save_pretrained(folder)
    return folder


SIZES: Mapping[str, int] = {"layers": 2, "attention_heads": 1, "ffn_dim": 8}


def head(path: Path, inputs: int = ENCODER_WIDTH * ENCODER_LENGTH, *, compiled: bool = False, seed: int = 0) -> Any:
    """A head as LAION publishes them; gives the network that was written."""
    import torch

    torch.manual_seed(seed)
    network = head_network(inputs)
    with torch.no_grad():
        network.proj.weight.mul_(30)  # so that sounds differ
    prefix = "_orig_mod." if compiled else ""
    torch.save({f"{prefix}{name}": value for name, value in network.state_dict().items()}, path)
    return network.eval()


def head_network(inputs: int, projection: int = 8, hidden: Sequence[int] = (6, 5, 4)) -> Any:
    """The form of a head: a projection, and a perceptron with dropout between its layers."""
    from torch import nn

    layers: list[Any] = [nn.ReLU(), nn.Dropout(0.5)]
    for before, after in zip((projection, *hidden), hidden, strict=False):
        layers += [nn.Linear(before, after), nn.ReLU(), nn.Dropout(0.5)]

    class Network(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.proj = nn.Linear(inputs, projection)
            self.mlp = nn.Sequential(*layers, nn.Linear(hidden[-1], 1))

        def forward(self, values: Any) -> Any:
            return self.mlp(self.proj(values.flatten(1)))

    return Network()


def laion(folder: Path, emotions: Sequence[str] = ("Anger", "Jealousy_&_Envy", "Hope_Enthusiasm_Optimism")) -> Path:
    """A folder with an encoder, heads of these emotions, every second one compiled, and a head that is of no emotion."""
    whisper(folder)
    for number, emotion in enumerate((*emotions, "Age")):
        head(folder / f"model_{emotion}_best.pth", compiled=number % 2 == 1, seed=number)
    (folder / "figures").mkdir()
    (folder / "README.md").write_text("of another repository", encoding="utf-8")
    return folder


def without(folder: Path, name: str, target: Path) -> Path:
    """A copy of a folder that lacks a file."""
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns(name))
    return target
