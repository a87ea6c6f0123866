"""Names of characters in CLDR's annotation files (Unicode Technical Standard 35, part 2)."""

import xml.etree.ElementTree as xml

VARIATION = "\ufe0f"  # asks for the coloured form; not every source writes it


def names(paths):
    """Character sequence, without variation marks, to its name."""
    found = {}
    for path in paths:
        try:
            tree = xml.parse(path)
        except xml.ParseError as error:
            raise ValueError(f"{path.name}: {error}") from error
        for annotation in tree.iter("annotation"):
            if annotation.get("type") == "tts" and annotation.text:
                found[annotation.get("cp").replace(VARIATION, "")] = annotation.text.strip()
    if not found:
        raise ValueError("it has no names")
    return found
