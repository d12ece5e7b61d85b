"""Every exporter that is registered keeps the exporter contract."""

import pkgutil
from importlib.metadata import entry_points
from pathlib import Path

import pyarrow.parquet

import videoannotator.exporters
from videoannotator.testing.exporter_contract import ExporterContract

ENTRIES = {entry.name: entry for entry in entry_points(group="videoannotator.exporters")}


class ContractOfParquet(ExporterContract):
    def read_text(self, path: Path) -> str:
        return str(pyarrow.parquet.read_table(path).to_pylist())


class ContractOfMOT(ExporterContract):
    writes_empty_files = False


class ContractOfContactSheets(ExporterContract):
    writes_empty_files = False

    def test_text_outside_ascii_survives(self, tmp_path: Path) -> None:
        """Text in a picture is not text; `tests/unit/media/test_drawing.py` looks at its letters."""


class ContractOfRTTM(ExporterContract):
    writes_empty_files = False

    def test_text_outside_ascii_survives(self, tmp_path: Path) -> None:
        """RTTM is ASCII: names that a labels file gives stand in the tables and in the JSON file."""


SPECIAL = {"parquet": ContractOfParquet, "mot": ContractOfMOT, "rttm": ContractOfRTTM, "contact_sheet": ContractOfContactSheets}

# One test class per entry point, so that a report names the format at fault.
for name, entry in ENTRIES.items():
    contract = SPECIAL.get(name, ExporterContract)
    globals()[f"Test_{name}"] = type(f"Test_{name}", (contract,), {"exporter": entry.load()})


def test_every_module_is_registered_under_the_name_of_its_class() -> None:
    modules = {module.name for module in pkgutil.iter_modules(videoannotator.exporters.__path__)} - {"base"}
    ours = {entry.value.split(":")[0].rpartition(".")[2] for entry in ENTRIES.values() if entry.value.startswith("videoannotator.")}
    assert ours == modules
    assert {name: entry.load().name for name, entry in ENTRIES.items()} == {name: name for name in ENTRIES}
