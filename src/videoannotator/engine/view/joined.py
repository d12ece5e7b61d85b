"""The view of a job that took several attempts: what the newest one made, over what earlier ones made."""

from collections.abc import Collection
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the attempts before left: their index, and their time line."""

    index: Item
    timeline: Item


def joined_index(earlier: Item, index: Item, completed: Collection[str]) -> Item:
    """The index of all attempts together. Files of each attempt have names of their own, so nothing is copied.

    Args:
        earlier: of the attempts before.
        index: of the newest attempt.
        completed: the pipelines that completed in it.
    """
    products = {name: index[name] or earlier[name] for name in ("thumbnails", "waveform", "frames")}
    seeing = index if index["frames"] or not earlier["frames"] else earlier
    given = {*completed, *(name for name, product in products.items() if product)}
    return {
        **index,
        "duration_s": seeing["duration_s"],
        "video": seeing["video"],
        **products,
        "layers": {**earlier["layers"], **index["layers"]},
        "signals": [*(one for one in earlier["signals"] if one["pipeline"] not in completed), *index["signals"]],
        "missing": {name: why for name, why in {**earlier["missing"], **index["missing"]}.items() if name not in given},
    }


def joined_timeline(earlier: Item, timeline: Item, completed: Collection[str], layers: Collection[str]) -> Item:
    """The time line of all attempts together.

    Args:
        earlier: of the attempts before.
        timeline: of the newest attempt.
        completed: the pipelines that completed in it.
        layers: which of `persons` and `faces` it has seen.
    """
    whole = {**earlier, **timeline}
    for part in ("scenes", "turns", "utterances", "events"):
        kept = [item for item in earlier[part] if item["id"].partition("/")[0] not in completed]
        whole[part] = sorted([*kept, *timeline[part]], key=itemgetter("start_s"))
    for part in ("persons", "faces"):
        whole[part] = timeline[part] if part in layers else earlier[part]
    known = {person["id"] for person in whole["persons"]}
    whole["faces"] = [{**face, "person": face["person"] if face["person"] in known else None} for face in whole["faces"]]
    whole["speakers"] = _speakers(earlier, timeline, whole)
    return whole


def _speakers(earlier: Item, timeline: Item, whole: Item) -> list[Item]:
    """Everybody who speaks in the whole; where both know somebody, from whoever knows how long they talk, the newest first."""
    found: dict[str, Item] = {}
    for speaker in (*timeline["speakers"], *earlier["speakers"]):
        if not found.get(speaker["id"], {}).get("talking_s"):
            found[speaker["id"]] = speaker
    speaking = {item["speaker"] for part in ("turns", "utterances") for item in whole[part]}
    return [found[name] for name in sorted(found) if name in speaking]
