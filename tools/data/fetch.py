"""From a catalogue's entry to files in the cache: sources in turn, extraction, checks.

Nothing appears in the cache under its own name before all of its entry's files are as the catalogue
says.
"""

import hashlib
import importlib
import pathlib
import sys
import tempfile

from cache import PARTIAL, complaint, hand_over
from catalogue import EXTRACTORS, DataError
from originals import has_second_way, label

sys.path.insert(0, str(EXTRACTORS))


def fetch(name, entry, cache, originals):
    """Puts the entry's files into cache/name and returns where they came from."""
    refusals = []
    for source in entry.sources:
        for anew in (False, True) if has_second_way(source) else (False,):
            where = label(source, anew)
            try:
                # Beside its goal, so that the last step is a rename within one file system.
                with tempfile.TemporaryDirectory(prefix=PARTIAL, dir=cache) as scratch:
                    prepared = pathlib.Path(scratch) / name
                    prepared.mkdir()
                    extract(source, originals.get(source, anew), entry.files, prepared)
                    hand_over(prepared, cache / name)
                return where
            except (DataError, OSError) as error:
                refusals.append(f"{where}: {error}")
    raise DataError("; ".join(dict.fromkeys(refusals)))


def extract(source, paths, files, folder):
    """Writes the files into the folder, each as the catalogue says."""
    try:
        contents = importlib.import_module(source.extract).extract(paths, list(files))
    except ValueError as error:
        what = paths[0].name if len(paths) == 1 else "the original"
        raise DataError(f"{what} is not of the known form: {error}") from error
    for name, rule in files.items():
        if name not in contents:
            raise DataError(f"{name} is not in it")
        wrong = complaint(rule, contents[name], hashlib.sha256(contents[name]).hexdigest())
        if wrong:
            raise DataError(f"{name} {wrong}")
        (folder / name).write_bytes(contents[name])
