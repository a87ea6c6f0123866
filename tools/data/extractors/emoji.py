"""Noto's emoji as pictures of 32 x 32 pixels, with names and with what they are composed of.

The originals are the font, Unicode's emoji-test.txt and CLDR's annotations, plain and derived, of
Hindi and German. The pictures are in IDX form, [picture, colour, row, column] of bytes, over white;
row i of the table belongs to picture i. Its columns are described in the catalogue.

A picture of the font has 136 x 128 pixels; 4 at the left and the right, almost always blank, are cut
off, and 4 x 4 of the rest are averaged. Tones and most roles and genders of people can still be told;
emoji_people.py has these people larger.
"""

import dataclasses
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
SIDE, SIZE = 128, 32


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


def shrunk(image, size):
    """[3, size, size] over white, of an image of red, green, blue and opacity."""
    image, box = image.astype("uint32"), SIDE // size
    edge = (image.shape[1] - SIDE) // 2
    if image.shape[0] != SIDE or edge < 0:
        raise ValueError(f"a picture of {image.shape[1]} x {image.shape[0]} pixels")
    opacity = image[:, edge : edge + SIDE, 3:]
    over_white = (image[:, edge : edge + SIDE, :3] * opacity + 255 * (255 - opacity) + 127) // 255
    boxes = over_white.reshape(size, box, size, box, 3).sum(axis=(1, 3))
    return ((boxes + box * box // 2) // (box * box)).astype("uint8").transpose(2, 0, 1)


@dataclasses.dataclass(frozen=True)
class Emoji:
    sequence: tuple
    english: str
    hindi: str
    german: str
    group: str
    image: bytes  # PNG

    def code_points(self):
        return " ".join(f"{code:04X}" for code in self.sequence)


def read(paths):
    """Every emoji that has a picture and a name in each language."""
    font_path, test_path, *annotations = paths
    font = ColourFont(font_path.read_bytes())
    hindi, german = cldr.names(annotations[:2]), cldr.names(annotations[2:])
    found = []
    for sequence, name, group in emoji_of(test_path.read_text(encoding="utf-8")):
        plain = without(sequence, VARIATION)
        picture = font.picture(sequence) or font.picture(plain)
        text = "".join(map(chr, plain))
        if picture is not None and text in hindi and text in german:
            found.append(Emoji(sequence, name, hindi[text], german[text], group, picture))
    return found


def idx(images, size):
    """IDX of PNG images, each made so small."""
    try:
        import png
    except ImportError:
        raise ValueError("python3-numpy is missing: apt-get install python3-numpy") from None
    head = struct.pack(">HBB4I", 0, 8, 4, len(images), 3, size, size)
    return head + b"".join(shrunk(png.decode(image), size).tobytes() for image in images)


def extract(paths, names):
    pictures_name, table_name = names
    entries = list(emoji_of(paths[1].read_text(encoding="utf-8")))
    english = {without(sequence, VARIATION): name for sequence, name, _ in entries}
    composition = Composition([sequence for sequence, _, _ in entries])
    found, rows = read(paths), []
    if not found:
        raise ValueError("it has no emoji")
    for each in found:
        base, tone, _, gender = composition.parts[each.sequence]
        role = composition.role(each.sequence)
        rows.append((each.english, each.hindi, each.german,
                     english.get(base, each.english.split(":")[0]), tone,
                     english[role] if role else NONE, gender if role else NONE, each.group,
                     composition.tone_split(each.sequence), composition.gender_split(each.sequence),
                     each.code_points()))
    return {pictures_name: idx([each.image for each in found], SIZE), table_name: table(rows)}
