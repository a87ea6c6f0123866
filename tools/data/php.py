"""What php-faker's sources hold: a book as a nowdoc, lists of names as arrays of strings."""

import re

OPENING = b"<<<'EOT'\n"
CLOSING = b"\nEOT;"
ARRAY = re.compile(r"static \$(\w+)\s*=\s*(?:\[|array\()(.*?)(?:\]|\))\s*;", re.DOTALL)
STRING = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"", re.DOTALL)


def book(path):
    """Everything between <<<'EOT' and EOT;, as bytes."""
    _, opening, rest = path.read_bytes().partition(OPENING)
    text, closing, _ = rest.partition(CLOSING)
    if not opening or not closing:
        raise ValueError(f"{path}: no text between <<<'EOT' and EOT;")
    return text + b"\n"


def arrays(path):
    """The static arrays of a class by name, each a list of strings."""
    found = {}
    for name, inside in ARRAY.findall(path.read_text(encoding="utf-8")):
        strings = (single or double for single, double in STRING.findall(inside))
        found[name] = [re.sub(r"\\(.)", r"\1", string) for string in strings]
    return found
