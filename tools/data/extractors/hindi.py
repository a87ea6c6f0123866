"""Hindi prose of LibreOffice, a paragraph a line: its help pages, then its longer messages.

Much of the help is not translated; taken is what is mostly Devanagari, has four words or more and
none of the signs of formulas, placeholders and shortcuts.
"""

import html
import re
import struct

PARAGRAPH = re.compile(r'<p id="[^"]*"[^>]*>(.*?)</p>', re.DOTALL)
TAG = re.compile(r"<[^>]*>")
SIGNS = re.compile(r"[%$@{}|\\#=<>^~_&]")
DEVANAGARI = re.compile("[\u0904-\u0939\u0958-\u0961]")  # independent vowels and consonants
LITTLE_ENDIAN = b"\xde\x12\x04\x95"
FEWEST_WORDS = 4


def prose(markup):
    """The markup's text where it is Hindi prose, else nothing."""
    text = " ".join(html.unescape(TAG.sub("", markup)).split())
    letters = sum(map(str.isalpha, text))
    hindi = 2 * len(DEVANAGARI.findall(text)) > letters > 0
    return text if hindi and len(text.split()) >= FEWEST_WORDS and not SIGNS.search(text) else None


def messages(path):
    """The translations in a .mo file of gettext: a head, then a table of (length, place)."""
    data = path.read_bytes()
    if data[:4] != LITTLE_ENDIAN or len(data) < 28:
        raise ValueError(f"{path.name} is not a .mo file")
    count, _, table = struct.unpack_from("<3I", data, 8)
    if table + 8 * count > len(data):
        raise ValueError(f"{path.name} ends early")
    for at in range(count):
        length, place = struct.unpack_from("<2I", data, table + 8 * at)
        yield from re.split("[\n\0]", data[place : place + length].decode())


def extract(paths, names):
    help_pages, catalogues = paths
    (name,) = names
    lines = {}
    for page in sorted(help_pages.rglob("*.html")):
        for paragraph in PARAGRAPH.findall(page.read_text(encoding="utf-8")):
            lines[prose(paragraph)] = None
    for catalogue in sorted(catalogues.glob("*.mo")):
        for message in messages(catalogue):
            lines[prose(message)] = None
    lines.pop(None, None)
    if not lines:
        raise ValueError("it has no Hindi prose")
    return {name: ("\n".join(lines) + "\n").encode()}
