#!/usr/bin/env python3
"""Code quoted in the documentation is code that the tests compile.

A block that follows the line `<!-- quoted from FILE -->` must equal that file; a block that
follows `<!-- part of FILE -->` must stand in it, line for line.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUOTE = re.compile(r"<!-- (quoted from|part of) (\S+) -->\n```\w*\n(.*?)```", re.DOTALL)


def main():
    wrong = count = 0
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        if not page.exists():
            continue
        text = page.read_text(encoding="utf-8")
        found = QUOTE.findall(text)
        if len(found) != len(re.findall(r"<!-- (?:quoted from|part of) ", text)):
            print(f"{page.name}: a quote is not followed by its block")
            wrong += 1
        for how, name, code in found:
            count += 1
            source = (ROOT / name).read_text(encoding="utf-8")
            if code != source if how == "quoted from" else code not in source:
                print(f"{page.relative_to(ROOT)}: differs from {name}; quote it again")
                wrong += 1
    print(f"{count} quotes compared, {wrong} wrong")
    return 1 if wrong or count < 1 else 0


if __name__ == "__main__":
    sys.exit(main())
