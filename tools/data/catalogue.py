"""The catalogue: its form, checked, and its entries as the other modules use them.

An entry as `load` gives it: `files` maps a name to a File, `sources` is a list of Source, the other
fields are texts. Everything that goes wrong is a DataError whose text is one line.
"""

import dataclasses
import pathlib
import re

EXTRACTORS = pathlib.Path(__file__).parent / "extractors"
SCHEMES = ("https:", "http:", "file:")
TEXTS = {"description", "licence", "task"}
PARTS = ({"package", "path"}, {"url", "sha256"}, {"npm", "sha256"}, {"index"})


class DataError(Exception):
    pass


@dataclasses.dataclass(frozen=True)
class File:
    """What a file must be: one of these checksums, or, in an entry that is not pinned, a table of
    at least so many rows."""
    sha256: tuple = ()
    columns: tuple = ()
    least_rows: int = 0


@dataclasses.dataclass(frozen=True)
class Source:
    """The extractor and the originals that it reads, each a part of one of the forms PARTS."""
    extract: str
    parts: tuple


@dataclasses.dataclass(frozen=True)
class Entry:
    description: str
    licence: str
    task: str
    files: dict
    sources: tuple
    not_pinned: str = ""
    notes: str = ""


def load(path):
    try:
        import yaml
    except ImportError:
        raise DataError("python3-yaml is missing: apt-get install python3-yaml") from None
    try:
        with open(path, encoding="utf-8") as stream:
            found = yaml.load(stream, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DataError(f"cannot read the catalogue {path}: {' '.join(str(error).split())}") from error
    if not isinstance(found, dict):
        raise DataError(f"the catalogue {path} is not a map of names to data sets")
    return {name: entry_of(name, fields) for name, fields in found.items()}


def entry_of(name, fields):
    def need(condition, what):
        if not condition:
            raise DataError(f"the catalogue's entry '{name}': {what}")

    need(plain(name), "is not a plain name")
    need(isinstance(fields, dict), "is not a map")
    strange = set(fields) - {field.name for field in dataclasses.fields(Entry)}
    need(not strange, f"unknown {', '.join(sorted(map(str, strange)))}")
    for field in TEXTS:
        need(isinstance(fields.get(field), str), f"has no {field}")
    need(isinstance(fields.get("files"), dict) and fields["files"], "has no files")
    need(isinstance(fields.get("sources"), list) and fields["sources"], "has no sources")
    try:
        files = {file: file_of(rule) for file, rule in fields["files"].items()}
        sources = tuple(map(source_of, fields["sources"]))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise DataError(f"the catalogue's entry '{name}': a file or source is amiss ({error})") from error
    for file, rule in files.items():
        need(plain(file), f"{file} is not a plain name")
        if fields.get("not_pinned"):
            need(rule.columns and rule.least_rows > 0, f"{file} needs columns and least_rows")
        else:
            need(rule.sha256, f"{file} has no checksum")
    return Entry(**{**fields, "files": files, "sources": sources})


def plain(name):
    return isinstance(name, str) and re.fullmatch(r"\w[\w.-]*", name) is not None


def checksum(text):
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise ValueError(f"{text} is no SHA-256")
    return text


def file_of(rule):
    if not isinstance(rule, dict):
        rule = {"sha256": rule}
    sums = rule.get("sha256", [])
    sums = [sums] if isinstance(sums, str) else sums
    return File(**{**rule, "sha256": tuple(map(checksum, sums)),
                   "columns": tuple(rule.get("columns", ()))})


def source_of(source):
    source = dict(source)
    extract = source.pop("extract")
    if not plain(extract) or not (EXTRACTORS / f"{extract}.py").is_file():
        raise ValueError(f"there is no extractor {extract}")
    parts = source.pop("parts", None) or [source]
    for part in parts:
        if set(part) not in PARTS:
            raise ValueError(f"a source of {', '.join(sorted(part))}")
        if "sha256" in part:
            checksum(part["sha256"])
        if "url" in part and not part["url"].startswith(SCHEMES):
            raise ValueError(f"{part['url']} is of no known scheme")
    return Source(extract, tuple(parts))
