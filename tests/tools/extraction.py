"""What the tests of extractors share: originals in a scratch folder, whole and damaged."""

import pathlib
import random
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools/data"), str(ROOT / "tools/data/extractors")]
TRIALS = 100


class Extractor(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def extracted(self, module, *paths, name="out"):
        return module.extract(list(paths), [name])[name].decode()

    def refused(self, module, path, content, says):
        self.write(path.relative_to(self.folder), content)
        with self.assertRaisesRegex(ValueError, says) as caught:
            module.extract([path], ["out"])
        self.assertNotIn("\n", str(caught.exception))

    def survives_damage(self, module, path, paths, wanted=("out",)):
        """Cut or altered anywhere, the original is read or refused with one line of reason."""
        whole = path.read_bytes()
        chance = random.Random(5)
        for _ in range(TRIALS):
            at = chance.randrange(len(whole))
            other = bytes([chance.randrange(256)])
            path.write_bytes(whole[:at] if chance.random() < 0.3 else whole[:at] + other + whole[at + 1:])
            try:
                module.extract(list(paths), list(wanted))
            except ValueError as error:
                self.assertNotIn("\n", str(error))
        path.write_bytes(whole)
