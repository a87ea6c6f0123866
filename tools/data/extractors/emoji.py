"""Noto's emoji as pictures of 32 x 32 pixels, with names and with what they are composed of.

The originals are the font, Unicode's emoji-test.txt and CLDR's annotations, plain and derived, of
Hindi and German. The pictures are in IDX form, [picture, colour, row, column] of bytes, over white;
row i of the table belongs to picture i. Its columns are described in the catalogue.

A picture of the font has 136 x 128 pixels; 4 at the left and the right, almost always blank, are cut
off, and 4 x 4 of the rest are averaged. The tones, genders and roles of people can still be told.
"""

import re
import struct

import cldr
from colour_font import ColourFont
from table import table

TONES = {0x1F3FB: "light", 0x1F3FC: "medium-light", 0x1F3FD: "medium", 0x1F3FE: "medium-dark",
         0x1F3FF: "dark"}
VARIATION, JOINER = 0xFE0F, 0x200D
PEOPLE = {0x1F9D1: "person", 0x1F468: "man", 0x1F469: "woman"}
SIGNS = {0x2642: "man", 0x2640: "woman"}
NONE = "-"
ENTRY = re.compile(r"([0-9A-F ]+?) *; fully-qualified +# \S+ E\d+\.\d+ (.+)")
SIDE, BOX = 128, 4


def emoji_of(test):
    """(code points, English name, group) of every emoji of emoji-test.txt."""
    group = NONE
    for line in test.splitlines():
        if line.startswith("# subgroup: "):
            group = line.removeprefix("# subgroup: ").strip()
        elif match := ENTRY.fullmatch(line.rstrip()):
            yield tuple(int(code, 16) for code in match[1].split()), match[2], group


def without(sequence, *others):
    return tuple(code for code in sequence if code not in others)


def tone_of(sequence):
    tones = list(dict.fromkeys(TONES[code] for code in sequence if code in TONES))
    return "+".join(tones) or NONE


def gender_of(sequence):
    """The gender that the sequence says, and the sequence with no gender said."""
    if len(sequence) > 2 and sequence[1] == JOINER and sequence[0] in PEOPLE:
        return PEOPLE[sequence[0]], (0x1F9D1, *sequence[1:])
    if len(sequence) > 2 and sequence[-2] == JOINER and sequence[-1] in SIGNS:
        return SIGNS[sequence[-1]], sequence[:-2]
    return "person", sequence


class Composition:
    """What each emoji is made of: a base and a tone, a role and a gender."""

    def __init__(self, sequences):
        self.parts = {}
        tones, genders = {}, {}
        for sequence in sequences:
            plain = without(sequence, VARIATION)
            base = without(plain, *TONES)
            gender, role = gender_of(base)
            self.parts[sequence] = base, tone_of(plain), role, gender
            tones.setdefault(base, set()).add(tone_of(plain))
            genders.setdefault(role, set()).add(gender)
        toned = [base for base, found in tones.items() if found == {NONE, *TONES.values()}]
        self.toned = {base: number for number, base in enumerate(toned)}
        roles = [role for role, found in genders.items() if found == set(PEOPLE.values())]
        self.roles = {role: number for number, role in enumerate(roles) if role in self.toned}

    def role(self, sequence):
        return self.parts[sequence][2] if self.parts[sequence][2] in self.roles else None

    def tone_split(self, sequence):
        """One tone of every base that comes in all of them is held out."""
        base, tone, _, _ = self.parts[sequence]
        return held_out(self.toned.get(base), tone, list(TONES.values()))

    def gender_split(self, sequence):
        """One gender, in every tone, of every role that comes in all three is held out."""
        _, _, role, gender = self.parts[sequence]
        return held_out(self.roles.get(role), gender, list(PEOPLE.values()))


def held_out(number, value, values):
    """Of the group of this number one value in turn; of the groups every third validates."""
    if number is None:
        return NONE
    if value != values[number % len(values)]:
        return "train"
    return "validation" if number // len(values) % 3 == 0 else "test"


def shrunk(image):
    """[3, 32, 32] over white, of an image of red, green, blue and opacity."""
    image = image.astype("uint32")
    edge = (image.shape[1] - SIDE) // 2
    if image.shape[0] != SIDE or edge < 0:
        raise ValueError(f"a picture of {image.shape[1]} x {image.shape[0]} pixels")
    opacity = image[:, edge : edge + SIDE, 3:]
    over_white = (image[:, edge : edge + SIDE, :3] * opacity + 255 * (255 - opacity) + 127) // 255
    boxes = over_white.reshape(SIDE // BOX, BOX, SIDE // BOX, BOX, 3).sum(axis=(1, 3))
    return ((boxes + BOX * BOX // 2) // (BOX * BOX)).astype("uint8").transpose(2, 0, 1)


def extract(paths, names):
    try:
        import png
    except ImportError:
        raise ValueError("python3-numpy is missing: apt-get install python3-numpy") from None
    font_path, test_path, *annotations = paths
    pictures_name, table_name = names
    font = ColourFont(font_path.read_bytes())
    hindi, german = cldr.names(annotations[:2]), cldr.names(annotations[2:])
    entries = list(emoji_of(test_path.read_text(encoding="utf-8")))
    english = {without(sequence, VARIATION): name for sequence, name, _ in entries}
    composition = Composition([sequence for sequence, _, _ in entries])
    pictures, rows = [], []
    for sequence, name, group in entries:
        plain = without(sequence, VARIATION)
        picture = font.picture(sequence) or font.picture(plain)
        text = "".join(map(chr, plain))
        if picture is None or text not in hindi or text not in german:
            continue
        base, tone, _, gender = composition.parts[sequence]
        role = composition.role(sequence)
        pictures.append(shrunk(png.decode(picture)).tobytes())
        rows.append((name, hindi[text], german[text], english.get(base, name.split(":")[0]), tone,
                     english[role] if role else NONE, gender if role else NONE, group,
                     composition.tone_split(sequence), composition.gender_split(sequence),
                     " ".join(f"{code:04X}" for code in sequence)))
    if not pictures:
        raise ValueError("it has no emoji")
    head = struct.pack(">HBB4I", 0, 8, 4, len(pictures), 3, SIDE // BOX, SIDE // BOX)
    return {pictures_name: head + b"".join(pictures), table_name: table(rows)}
