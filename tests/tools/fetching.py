"""tools/get-data as its users run it, on sources made here: no network, no archive."""

import hashlib
import os
import pathlib
import subprocess
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXT = "Alice was beginning to get very tired — of sitting by her sister.\n".encode()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


class Fetching(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.cache = self.folder / "cache"
        self.programs = self.folder / "programs"
        self.programs.mkdir()

    def original(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return path

    def url_source(self, path, checksum=None):
        return {"url": path.as_uri(), "sha256": checksum or sha256(path.read_bytes()), "extract": "plain"}

    def catalogue(self, files, *sources, name="book", **more):
        entry = {"description": "a book", "licence": "public domain", "task": "language modelling",
                 "files": {file: rule if isinstance(rule, dict) else sha256(rule) for file, rule in files.items()},
                 "sources": list(sources), **more}
        path = self.folder / "catalogue.yaml"
        path.write_text(yaml.safe_dump({name: entry}))
        return path

    def program(self, name, script):
        path = self.programs / name
        path.write_text("#!/bin/sh\n" + script)
        path.chmod(0o755)

    def no_archive(self):
        for name in ("apt-get", "sudo"):
            self.program(name, "echo 'E: Unable to locate package book'\nexit 100\n")

    def command(self, *arguments, **environment):
        return {"args": ["/usr/bin/python3", ROOT / "tools" / "get-data", *arguments], "text": True,
                "env": {**os.environ, "PATH": f"{self.programs}:{os.environ['PATH']}",
                        "UNROLL_DATA": str(self.cache), **environment}}

    def get(self, *arguments, code=0, **environment):
        done = subprocess.run(**self.command(*arguments, **environment), capture_output=True)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def cached(self):
        return {str(path.relative_to(self.cache)): path.read_bytes()
                for path in self.cache.rglob("*") if path.is_file() and path.name != ".checked"}

    def assert_nothing_cached(self):
        self.assertEqual(list(self.cache.rglob("*")), [])
