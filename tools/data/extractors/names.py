"""Names by language: a text file a language, a name a line."""

from table import table


def extract(paths, names):
    (name,) = names
    rows = []
    for path in sorted(paths, key=lambda each: each.name):
        lines = path.read_text(encoding="utf-8").splitlines()
        rows += [(path.stem, line) for line in dict.fromkeys(map(str.strip, lines)) if line]
    return {name: table(rows)}
