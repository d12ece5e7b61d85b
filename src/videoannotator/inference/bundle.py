"""Carries added weights to a machine without a network: one tar file that checks itself."""

import io
import shutil
import tarfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from videoannotator.annotations.disk import full_disk_named
from videoannotator.errors import InvalidRequestException, WeightsDamagedException
from videoannotator.inference.library import RECORD, AddedWeights, WeightsLibrary

COPY_BYTES = 1 << 20
DEPTHS = (2, 3)
"""Names in a bundle: of weights and of a file, perhaps with a folder between."""


def export_bundle(library: WeightsLibrary, names: Sequence[str], target: Path) -> tuple[AddedWeights, ...]:
    """Write the named weights, or all, into a new tar file; it appears whole or not at all.

    Raises:
        WeightsMissingException, WeightsDamagedException: some are not there, or not whole.
        InvalidRequestException: there are none, the file exists, or it cannot be written.
        StorageFullException: the disk is full.
    """
    entries = tuple(library.entry(name) for name in names or library.entries())
    if not entries:
        raise InvalidRequestException("No weights were added here.", hint="Add some with `videoannotator models pull` first.")
    if target.exists():
        raise InvalidRequestException(f"{target} exists.", hint="Give a new name.")
    part = target.with_name(f".{target.name}.partial")
    try:
        with full_disk_named(str(target)), tarfile.open(part, "w", format=tarfile.PAX_FORMAT) as bundle:
            for entry in entries:
                library.path(entry.name)
                record = entry.as_json().encode()
                header = tarfile.TarInfo(f"{entry.name}/{RECORD}")
                header.size = len(record)
                bundle.addfile(header, io.BytesIO(record))
                for file in entry.files:
                    bundle.add(library.folder / entry.name / file.name, f"{entry.name}/{file.name}", filter=_plain)
        part.replace(target)
    except OSError as error:
        raise InvalidRequestException(
            f"{target} cannot be written: {error.strerror or error}.", hint="Give another place."
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return entries


def import_bundle(library: WeightsLibrary, source: Path) -> tuple[tuple[AddedWeights, ...], tuple[str, ...]]:
    """Add the weights of a bundle; gives those that were added, and the names of those that were there, unchanged.

    Raises:
        InvalidRequestException: the file is no bundle, or weights of a name are there with other content; nothing was added.
        WeightsDamagedException: a file has another checksum than its record says; nothing was added.
        StorageFullException: the disk is full.
    """
    with library.staging() as staging:
        entries = _unpack(source, staging)
        present = library.entries()
        for entry in entries:
            if entry.name in present and present[entry.name].files != entry.files:
                raise InvalidRequestException(
                    f"Other weights of the name {entry.name!r} are here already. Nothing was added.",
                    hint=f"Remove them first: videoannotator models remove {entry.name}",
                )
        new = [entry for entry in entries if entry.name not in present]
        for entry in new:
            library.add(entry.name, staging / entry.name, source=entry.source, licence=entry.licence)
    return tuple(new), tuple(entry.name for entry in entries if entry.name in present)


def _unpack(source: Path, staging: Path) -> list[AddedWeights]:
    """Unpack plain files two or three levels deep, nothing else, and hold each against its record, which is taken out."""
    try:
        with full_disk_named("the weights"), tarfile.open(source, "r:") as bundle:
            for member in bundle:
                parts = PurePosixPath(member.name).parts
                plain = member.isreg() and len(parts) in DEPTHS and not {"..", "/", "//"} & set(parts)
                content = bundle.extractfile(member) if plain else None
                if content is None or any(bad in member.name for bad in "\\:\0"):
                    raise _no_bundle(source, f"it holds {member.name!r}, which does not belong in one")
                path = staging.joinpath(*parts)
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("wb") as file:
                    shutil.copyfileobj(content, file, COPY_BYTES)
    except (tarfile.TarError, EOFError) as error:
        raise _no_bundle(source, str(error)) from error
    except OSError as error:
        raise _no_bundle(source, error.strerror or str(error)) from error
    unpacked = WeightsLibrary(staging)
    entries = []
    for folder in sorted(path for path in staging.iterdir() if path.is_dir()):
        if not (folder / RECORD).is_file():
            raise _no_bundle(source, f"{folder.name} has no {RECORD}")
        entry = unpacked.entry(folder.name)
        unpacked.path(folder.name)
        held = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        if held != {RECORD, *(file.name for file in entry.files)}:
            raise WeightsDamagedException(f"{source} holds files that its records do not name.", hint="Export it again.")
        (folder / RECORD).unlink()
        entries.append(entry)
    if not entries:
        raise _no_bundle(source, "it is empty")
    return entries


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Nothing of the machine on which a bundle was made."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode, member.mtime = 0o644, 0
    return member


def _no_bundle(source: Path, reason: str) -> InvalidRequestException:
    return InvalidRequestException(
        f"{source} is not a bundle of weights: {reason}.", hint="Make one with `videoannotator models export` on the other machine."
    )
