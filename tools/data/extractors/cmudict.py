"""The CMU pronouncing dictionary as Festival has it, a line a word:

  ("advertise" nil (((ae d) 1) ((v er) 0) ((t ay z) 1)))

Syllables and stress are left out; of a word with several pronunciations the first is taken.
"""

import re

from table import table

ENTRY = re.compile(r'\("([^"]*)" \S+ (\(.*\))\)')
WORD = re.compile(r"[a-z]+")
PHONE = re.compile(r"[a-z]+")


def extract(paths, names):
    (path,) = paths
    (name,) = names
    phones_of = {}
    for number, line in enumerate(path.read_text(encoding="latin-1").splitlines(), 1):
        if not line.startswith('("'):
            continue
        entry = ENTRY.fullmatch(line.rstrip())
        if entry is None:
            raise ValueError(f"line {number} is not a word and its syllables: {line[:60]!r}")
        if WORD.fullmatch(entry[1]):
            phones_of.setdefault(entry[1], " ".join(PHONE.findall(entry[2])))
    if not phones_of:
        raise ValueError("it has no word")
    return {name: table(phones_of.items())}
