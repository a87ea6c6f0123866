"""Short descriptions of Debian packages with their section, from apt's package index.

Packages of one source have descriptions that are nearly the same, so the source is a column: a
split must keep its packages together. Of equal descriptions the first is taken.
"""

from table import table

SECTIONS = {"science", "games", "sound", "graphics", "fonts", "web", "math", "mail", "editors",
            "database", "video", "kernel"}


def extract(paths, names):
    (path,) = paths
    (name,) = names
    rows, seen = [], set()
    for record in path.read_text(encoding="utf-8", errors="replace").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in record.splitlines()
                      if ": " in line and not line[0].isspace())
        section = fields.get("Section", "").rpartition("/")[2]
        description = " ".join((fields.get("Description") or fields.get("Description-en", "")).split())
        if section in SECTIONS and description and description not in seen:
            seen.add(description)
            source = fields.get("Source", fields.get("Package", "")).split(" ")[0]
            rows.append((section, description, source))
    return {name: table(sorted(rows))}
