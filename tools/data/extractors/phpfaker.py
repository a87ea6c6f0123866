"""The book in a Text.php of php-faker: a PHP nowdoc, everything between <<<'EOT' and EOT;."""

OPENING = b"<<<'EOT'\n"
CLOSING = b"\nEOT;"


def extract(paths, names):
    (path,) = paths
    (name,) = names
    _, opening, rest = path.read_bytes().partition(OPENING)
    book, closing, _ = rest.partition(CLOSING)
    if not opening or not closing:
        raise ValueError("no text between <<<'EOT' and EOT;")
    return {name: book + b"\n"}
