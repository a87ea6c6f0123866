"""Noto's emoji of people in roles, 64 x 64 pixels, by gender and skin tone.

The originals and the forms are those of emoji.py. A role is taken where its names are composed of a
gender's word and its own, "man X", "woman X" and "person X" or bare "X", and where each of the three
comes without and in all five tones: 18 pictures. So "merman" is left out, who is no "man mer...", and
so are hair styles, as hair is what tells genders apart, and "man walking facing right" and the like,
who are walking men mirrored.
"""

from emoji import PEOPLE, Composition, emoji_of, held_out, idx, read
from table import table

SIZE = 64
MIRRORED = " facing right"


def composed(names):
    """The role's words, or None: `names` are those of each gender, without tones."""
    words = names["man"].removeprefix("man ")
    fits = (names["man"] == f"man {words}" and names["woman"] == f"woman {words}"
            and names["person"] in (words, f"person {words}"))
    return words if fits and not words.endswith(MIRRORED) else None


def roles_of(entries, composition):
    """role (a sequence) -> its words, in the order of the entries."""
    names, whole = {}, {}
    for sequence, name, _ in entries:
        _, tone, _, gender = composition.parts[sequence]
        role = composition.role(sequence)
        if role is not None:
            names.setdefault(role, {}).setdefault(gender, name.split(":")[0])
            whole.setdefault(role, set()).add((gender, tone))
    complete = [role for role, found in whole.items() if len(found) == 18]
    return {role: words for role in complete if (words := composed(names[role]))}


def extract(paths, names):
    pictures_name, table_name = names
    entries = list(emoji_of(paths[1].read_text(encoding="utf-8")))
    composition = Composition([sequence for sequence, _, _ in entries])
    words = roles_of(entries, composition)
    numbers = {role: number for number, role in enumerate(words)}
    images, rows = [], []
    for each in read(paths):
        _, tone, role, gender = composition.parts[each.sequence]
        if role not in words:
            continue
        images.append(each.image)
        rows.append((each.english, each.hindi, each.german, words[role], gender, tone,
                     held_out(numbers[role], gender, list(PEOPLE.values())), each.code_points()))
    if not images:
        raise ValueError("it has no people")
    return {pictures_name: idx(images, SIZE), table_name: table(rows)}
