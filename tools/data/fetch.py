"""From a catalogue's entry to files in the cache: sources, checksums and the atomic hand-over.

Nothing appears in the cache under its own name before all of its entry's files have the catalogue's
checksums. Everything that goes wrong is a DataError whose text is one line.
"""

import hashlib
import http.client
import importlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request

EXTRACTORS = ("janeaustenr", "phpfaker", "plain")
SCHEMES = ("https:", "http:", "file:")
CHUNK = 1 << 20
SILENCE_SECONDS = 60


class DataError(Exception):
    pass


def sha256_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def checked(catalogue):
    """The catalogue itself, where each entry is of the form that its head comment states."""
    if not isinstance(catalogue, dict):
        raise DataError("the catalogue is not a map of names to data sets")
    for name, entry in catalogue.items():
        try:
            files = entry["files"]
            plain_names = all(re.fullmatch(r"\w[\w.-]*", part) for part in (name, *files))
            sums = all(re.fullmatch(r"[0-9a-f]{64}", checksum) for checksum in files.values())
            sources = all(
                source["extract"] in EXTRACTORS
                and (("package" in source and "path" in source) or source["url"].startswith(SCHEMES))
                for source in entry["sources"]
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(f"the catalogue's entry '{name}' is incomplete ({error})") from error
        if not (files and plain_names and sums and sources):
            raise DataError(f"the catalogue's entry '{name}' has a file, checksum or source amiss")
    return catalogue


def ready(entry, folder):
    """True where every file of the entry is in its folder with the right checksum."""
    return all(
        (folder / name).is_file() and sha256_of(folder / name) == checksum
        for name, checksum in entry["files"].items()
    )


def fetch(name, entry, cache, say):
    """Puts the entry's files into cache/name and returns where they came from."""
    cache.mkdir(parents=True, exist_ok=True)
    refusals = []
    # Beside its goal, so that the last step is a rename within one file system.
    with tempfile.TemporaryDirectory(prefix=".partial-", dir=cache) as scratch:
        scratch = pathlib.Path(scratch)
        for source in entry["sources"]:
            for original, label in originals(source, scratch, say):
                try:
                    hand_over(extracted(source["extract"], original(), entry["files"]), scratch, cache / name)
                    return label
                except (DataError, OSError) as error:
                    refusals.append(f"{label}: {error}")
    raise DataError("; ".join(refusals))


def originals(source, scratch, say):
    """What the source offers, as functions that return a path, each with its name for messages."""
    if "url" in source:
        yield lambda: download(source, scratch, say), source["url"]
        return
    installed = pathlib.Path(source["path"])
    if installed.is_file():
        yield lambda: installed, f"installed {source['package']}"
    yield lambda: unpack(source, scratch, say), f"Debian package {source['package']}"


def extracted(extractor, original, files):
    """The contents by name, each with the catalogue's checksum."""
    try:
        contents = importlib.import_module(extractor).extract(original, list(files))
    except ValueError as error:
        raise DataError(f"{original.name} is not of the known form: {error}") from error
    for name, checksum in files.items():
        if name not in contents:
            raise DataError(f"{name} is not in it")
        found = hashlib.sha256(contents[name]).hexdigest()
        if found != checksum:
            raise DataError(f"{name} has SHA-256 {found[:12]}…, not {checksum[:12]}… as catalogued")
    return contents


def hand_over(contents, scratch, folder):
    folder.mkdir(exist_ok=True)
    for name, content in contents.items():
        (scratch / name).write_bytes(content)
    for name in contents:
        os.replace(scratch / name, folder / name)


def download(source, scratch, say):
    say(f"downloading {source['url']}")
    path = scratch / "download"
    try:
        with urllib.request.urlopen(source["url"], timeout=SILENCE_SECONDS) as answer:
            with open(path, "wb") as stream:
                shutil.copyfileobj(answer, stream, CHUNK)
    except urllib.error.URLError as error:
        raise DataError(f"cannot be downloaded ({getattr(error, 'reason', error)})") from error
    except http.client.HTTPException as error:
        raise DataError(f"the download broke off ({error!r})") from error
    found = sha256_of(path)
    if found != source["sha256"]:
        raise DataError(f"the download has SHA-256 {found[:12]}…, not {source['sha256'][:12]}…")
    return path


def unpack(source, scratch, say):
    """Downloads the package (apt checks its signature) and unpacks it without installing anything."""
    package = source["package"]
    say(f"downloading Debian package {package}")
    if shutil.which("apt-get") is None:
        raise DataError("apt-get is not here")
    # A private folder is out of reach of apt's own user, which root would otherwise download as.
    command = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", package]
    problem = run(command, scratch)
    if problem:
        update = ["apt-get", "-q", "update"]
        if os.geteuid() != 0:
            update = ["sudo", *update]
        if shutil.which(update[0]) is None:
            raise DataError(f"{problem}; an administrator's `apt-get update` may help")
        say("updating the package lists")
        problem = run(update, scratch) or run(command, scratch)
        if problem:
            raise DataError(problem)
    archives = list(scratch.glob("*.deb"))
    if not archives:
        raise DataError("apt-get downloaded nothing")
    problem = run(["dpkg-deb", "-x", archives[0].name, "unpacked"], scratch)
    if problem:
        raise DataError(problem)
    path = scratch / "unpacked" / source["path"].lstrip("/")
    if not path.is_file():
        raise DataError(f"{source['path']} is not in it")
    return path


def run(command, folder):
    """Runs a command; returns its complaint in one line, or nothing where it did well."""
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=None, text=True, errors="replace", env={**os.environ, "LC_ALL": "C.UTF-8"})
    if done.returncode == 0:
        return None
    complaints = [line for line in done.stdout.splitlines() if line.startswith("E:")]
    return (complaints or done.stdout.splitlines() or [f"{command[0]} failed"])[-1].strip()
