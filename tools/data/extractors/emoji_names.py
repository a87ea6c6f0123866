"""Names of emoji in English and another language, from CLDR's annotations.

The originals are English, its derived annotations (skin tones, genders, families), then the same two
of each language. The third column is the English name without what a colon adds, such as a skin
tone: rows of one base that a split may want to keep together.
"""

import cldr
from table import table


def extract(paths, names):
    english = cldr.names(paths[:2])
    contents = {}
    for at, name in enumerate(names, 1):
        other = cldr.names(paths[2 * at : 2 * at + 2])
        contents[name] = table((english[each], other[each], english[each].split(":")[0])
                               for each in sorted(english)
                               if other.get(each) and other[each] != english[each])
    return contents
