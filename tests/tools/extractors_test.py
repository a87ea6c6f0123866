#!/usr/bin/python3
"""The extractors of texts in tools/data, each on a small original of its form, whole and damaged."""

import gzip
import io
import struct
import tarfile
import unittest
import zlib

from extraction import Extractor

import books
import brown
import cmudict
import debian_sections
import diamonds
import ding
import gunzip
import hindi
import kjv
import names
import surnames
import tang
from table import problem, table


def php_class(body):
    return f"<?php\nclass X extends \\Faker\\Y\n{{\n{body}\n}}\n"


def r_string(value):
    return struct.pack(">ii", 9, len(value)) + value


def r_vector(kind, letter, values, attributes=b""):
    return struct.pack(f">ii{len(values)}{letter}", kind | (0x200 if attributes else 0), len(values), *values) + attributes


def r_strings(*values):
    return struct.pack(">ii", 16, len(values)) + b"".join(r_string(value) for value in values)


def r_attributes(symbols, **values):
    """A list of pairs; a name that was used before is a reference to its symbol."""
    pairs = b""
    for name, value in values.items():
        known = name in symbols
        tag = struct.pack(">i", 255 | symbols.index(name) + 1 << 8) if known \
            else struct.pack(">i", 1) + r_string(name.encode())
        symbols += [] if known else [name]
        pairs += struct.pack(">i", 2 | 0x400) + tag + value
    return pairs + struct.pack(">i", 254)


class Php(Extractor):
    def test_books_become_sentences(self):
        texts = {
            "German": "Kurz. Dies ist ein Satz mit\nUmlauten: äöü! „Und dies der nächste Satz,“ sagte er.\n\n"
                      "Dies ist ein Satz mit Umlauten: äöü! 1234567890123456789012345.",
            "Chinese": "我在年青時候也曾經做過許多夢，後來大半忘卻了。」但自己也並不以爲可惜，所謂回憶者，雖說可以！",
            "English": "x" * 121 + ". 'Why,' said the Gryphon, 'you first form!' And a line follows it.",
        }
        for language, locale in books.BOOKS.items():
            text = texts.get(language, f"Here is one sentence for {language}.")
            self.write(f"{locale}/Text.php", php_class(f"$baseText = <<<'EOT'\n{text}\nEOT;"))
        rows = [tuple(row.split("\t")) for row in self.extracted(books, self.folder).splitlines()]
        self.assertEqual([sentence for language, sentence in rows if language == "German"],
                         ["Dies ist ein Satz mit Umlauten: äöü!", "„Und dies der nächste Satz,“ sagte er."])
        self.assertEqual([sentence for language, sentence in rows if language == "Chinese"],
                         ["我在年青時候也曾經做過許多夢，後來大半忘卻了。」",
                          "但自己也並不以爲可惜，所謂回憶者，雖說可以！"])
        self.assertEqual([sentence for language, sentence in rows if language == "English"],
                         ["'Why,' said the Gryphon, 'you first form!'", "And a line follows it."])
        self.assertEqual(len({language for language, _ in rows}), 19)
        path = self.write("de_DE/Text.php", php_class("nothing"))
        with self.assertRaisesRegex(ValueError, "de_DE/Text.php: no text between"):
            books.extract([self.folder], ["out"])
        path.write_bytes(php_class("$baseText = <<<'EOT'\n").encode() + b"caf\xe9\nEOT;\n")
        with self.assertRaisesRegex(ValueError, "utf-8"):
            books.extract([self.folder], ["out"])

    def test_surnames_stand_in_arrays(self):
        for locale, arrays in surnames.NAMES.values():
            self.write(f"{locale}/Person.php", php_class("\n".join(
                f"    protected static ${name} = [\n        'A', \"B\", 'O\\'Neil', '', 'A',\n    ];" for name in arrays)))
        self.write("nl_NL/Person.php", php_class(
            "static $commonDutchLastNames = array('de Jong', \"in 't Veld\");\n"
            "static $dutchLastNames = ['van \\'t Hof (x)'];\nstatic $longLastNames = [];"))
        rows = self.extracted(surnames, self.folder).splitlines()
        self.assertIn("Czech\tO'Neil", rows)
        self.assertEqual([row for row in rows if row.startswith("Dutch")],
                         ["Dutch\tde Jong", "Dutch\tin 't Veld", "Dutch\tvan 't Hof (x)"])
        self.assertEqual(rows.count("Danish\tA"), 1)
        self.write("da_DK/Person.php", php_class("static $firstName = ['A'];"))
        with self.assertRaisesRegex(ValueError, "da_DK/Person.php has no array lastName"):
            surnames.extract([self.folder], ["out"])


class Plain(Extractor):
    def test_names_are_labelled_by_their_file(self):
        paths = [self.write("Italian.txt", "Abate\n Rossi \n\nAbate\n"), self.write("Czech.txt", "Ábl\n")]
        self.assertEqual(self.extracted(names, *paths), "Czech\tÁbl\nItalian\tAbate\nItalian\tRossi\n")
        self.refused(names, paths[0], b"\xff\xfe", "utf-8")

    def test_gunzip_keeps_names(self):
        paths = [self.write(f"{name}.gz", gzip.compress(name.encode())) for name in ("train.en", "train.de")]
        self.assertEqual(gunzip.extract(paths, ["train.de", "train.en", "more"]),
                         {"train.de": b"train.de", "train.en": b"train.en"})
        self.survives_damage(gunzip, paths[0], paths, ["train.de"])
        self.refused(gunzip, paths[0], paths[0].read_bytes()[:-5], "train.en.gz: ")
        self.refused(gunzip, paths[0], b"no gzip", "train.en.gz: ")

    def test_poems_become_paragraphs(self):
        path = self.write("tang300", "\x1b[32m《感遇》\x1b[m\n\x1b[33m作者：张\x1b[m\n兰叶。\n\n桂华。\n%\n\x1b[32m《梦》\x1b[m\n浮云。\n%\n")
        self.assertEqual(self.extracted(tang, path), "《感遇》\n作者：张\n兰叶。\n桂华。\n\n《梦》\n浮云。\n")
        self.survives_damage(tang, path, [path])
        self.refused(tang, path, "a quotation\n%\n", "does not begin with its title")
        self.refused(tang, path, "", "does not begin with its title")

    def test_pronunciations(self):
        path = self.write("cmudict.out", "MNCL\n;; comment\n"
                          '("advertise" nil (((ae d) 1) ((v er) 0) ((t ay z) 1)))\n'
                          '("advertise" nil (((x) 1)))\n("a.m." nil (((ey) 1)))\n("b2" nil (((b) 1)))\n')
        self.assertEqual(self.extracted(cmudict, path), "advertise\tae d v er t ay z\n")
        self.survives_damage(cmudict, path, [path])
        self.refused(cmudict, path, '("advertise" nil\n', 'line 1 is not a word and its syllables')
        self.refused(cmudict, path, "", "has no word")

    def test_sentence_pairs_of_the_dictionary(self):
        path = self.write("de-en", "\n".join((
            "# comment :: comment",
            "Haus {n} | Sie war müde {adj}. | Das geht (sehr) gut.; Das geht. :: house | She/He was tired. | It’s fine [coll.].",
            "Er gab es jdm. | Er ging. :: He gave it to sb. | He went.",
            "Ein Teil. :: One part. | Two parts.",
            "Sie sagte: ja. :: She said: yes.",
            "no pair at all",
            "Er geht " + "sehr " * 10 + "gut. :: He goes very well indeed.")))
        self.assertEqual(self.extracted(ding, path),
                         "She was tired.\tSie war müde.\nIt's fine.\tDas geht gut.\nHe went.\tEr ging.\n")
        self.survives_damage(ding, path, [path])
        self.refused(ding, path, "Haus :: house\n", "no pair of sentences")

    def test_a_data_frame_becomes_a_table(self):
        symbols = []
        numbers = [r_vector(14, "d", [0.23, 1.5]) for _ in range(6)]
        words = [r_vector(13, "i", [2, 1], r_attributes(symbols, levels=r_strings(b"Fair", b"Very Good"),
                                                        **{"class": r_strings(b"factor")})) for _ in range(3)]
        columns = [numbers[0], *words, *numbers[1:3], r_vector(13, "i", [326, 9]), *numbers[3:]]
        frame = struct.pack(">ii", 19 | 0x200, 10) + b"".join(columns) + r_attributes(
            symbols, names=r_strings(*(name.encode() for name in diamonds.COLUMNS)),
            **{"class": r_strings(b"tbl_df", b"data.frame")})
        path = self.write("Rdata.rdb", b"".join(
            struct.pack(">I", len(record)) + zlib.compress(record)
            for record in (b"X\n" + struct.pack(">iii", 2, 0, 0) + r_strings(b"no table"),
                           b"X\n" + struct.pack(">iii", 3, 0, 0) + struct.pack(">i", 5) + b"UTF-8" + frame)))
        self.assertEqual(self.extracted(diamonds, path).splitlines(),
                         ["\t".join(row) for row in (
                             ["0.23", *["Very Good"] * 3, "0.23", "0.23", "326", *["0.23"] * 3],
                             ["1.5", *["Fair"] * 3, "1.5", "1.5", "9", *["1.5"] * 3])])
        self.survives_damage(diamonds, path, [path])
        self.refused(diamonds, path, b"", "no table with the columns")

    def test_sections_keep_the_source(self):
        record = "Package: {}\nSection: {}\nDescription: {}\n more: of it\nTag: a::b\n"
        path = self.write("index", "\n".join((
            record.format("b-data", "games", "puzzle  with molecules"),
            record.format("a", "contrib/sound", "plays sounds") + "Source: a-src (1.2)\n",
            record.format("twin", "sound", "plays sounds"), record.format("c", "libs", "a library"),
            "Package: d\nSection: mail\n")))
        self.assertEqual(self.extracted(debian_sections, path),
                         "games\tpuzzle with molecules\tb-data\nsound\tplays sounds\ta-src\n")
        self.survives_damage(debian_sections, path, [path])

    def test_tagged_sentences(self):
        def archive(**texts):
            stream = io.BytesIO()
            with tarfile.open(fileobj=stream, mode="w:gz") as out:
                for name, text in texts.items():
                    member = tarfile.TarInfo("package/" + name.replace("_", "."))
                    member.size = len(text.encode())
                    out.addfile(member, io.BytesIO(text.encode()))
            return stream.getvalue()

        text = "\n\n\tThe/at 1//2/cd City/nn-tl said/vbd--hl ,/, ``/`` it's/pps+bez fw/fw-in-tl ./.\n --/---hl\n"
        path = self.write("brown.tgz", archive(ca01=text, cats_txt="ca01 news\n", README="no"))
        self.assertEqual(self.extracted(brown, path),
                         "The 1//2 City said , `` it's fw .\tat cd nn vbd , `` pps in .\tnews\tca01\n--\t--\tnews\tca01\n")
        self.survives_damage(brown, path, [path])
        self.refused(brown, path, archive(ca01="The/at end", cats_txt="ca01 news"), "ca01: a word without a tag")
        self.refused(brown, path, archive(ca01=text), "lacks texts or their genres")
        self.refused(brown, path, b"no archive", "gzip")


class Bible(Extractor):
    @staticmethod
    def compressed(text):
        """What compress(1) may write for a short text: each byte as a code of 9 bits."""
        bits = sum(byte << (9 * at) for at, byte in enumerate(text))
        return bits.to_bytes((9 * len(text) + 7) // 8, "little")

    def data(self, *blocks):
        blocks = [self.compressed(block) for block in blocks]
        start = 0x5C + 4 * 69
        starts = [start + sum(map(len, blocks[:at])) for at in range(len(blocks))]
        starts += [start + sum(map(len, blocks))] * (69 - len(blocks))
        head = b"EC02Compressed Data File".ljust(0x5C, b"\0")
        return head + struct.pack(">69I", *starts) + b"".join(blocks)

    def test_a_verse_a_line(self):
        blocks = b"Holy Bible\nGe1:1 In the beginning\nGe1:2 And the ea", b"rth was\nRev22:21 Amen.\n"
        path = self.write("bible.data", self.data(*blocks))
        self.assertEqual(self.extracted(kjv, path), "In the beginning\nAnd the earth was\nAmen.\n")
        self.refused(kjv, path, b"another file", "does not begin as bible.data does")
        self.refused(kjv, path, self.data(b"Holy Bible\nno verse\n"), "does not begin with its place")
        self.write("bible.data", self.data(*blocks))
        self.survives_damage(kjv, path, [path])


class Hindi(Extractor):
    def test_prose_of_help_and_messages(self):
        page = '<p id="par_1" class="paragraph">यह एक <b>लंबा</b> वाक्य है.</p><p id="par_2">An English paragraph.</p>' \
               '<p id="par_3">यह छोटा है</p><p id="par_4">यह सूत्र a^2 का उदाहरण है.</p>'
        self.write("text/a/x.html", page)
        texts = [b"", "क्या आप इसे मिटाना चाहते हैं?".encode(), "यह एक लंबा वाक्य है.\0यह बहुवचन का रूप है.".encode()]
        at = 28 + 16 * len(texts)
        tables = b"".join(struct.pack("<II", len(text), at + sum(map(len, texts[:number])))
                          for number, text in enumerate(texts))
        mo = struct.pack("<7I", 0x950412DE, 0, len(texts), 28, 28 + 8 * len(texts), 0, 0) + tables * 2 + b"".join(texts)
        path = self.write("mo/sw.mo", mo)
        folders = [self.folder / "text", self.folder / "mo"]
        self.assertEqual(self.extracted(hindi, *folders),
                         "यह एक लंबा वाक्य है.\nक्या आप इसे मिटाना चाहते हैं?\nयह बहुवचन का रूप है.\n")
        self.survives_damage(hindi, path, folders)
        for content, says in ((b"nothing", "sw.mo is not a .mo file"), (mo[:60], "sw.mo ends early")):
            path.write_bytes(content)
            with self.assertRaisesRegex(ValueError, says):
                hindi.extract(folders, ["out"])


class Tables(unittest.TestCase):
    def test_a_table_is_what_it_should_be(self):
        content = table([("a", "b  c\td"), ("e", "f")])
        self.assertEqual(content, b"a\tb c d\ne\tf\n")
        self.assertIsNone(problem(content, ("x", "y"), 2))
        for damaged, says in ((content[:-1], "does not end in a line break"), (b"a\n", "line 1 is not 2 values"),
                              (b"a\tb\n\tc\n", "line 2"), (b"a\t\xff\n", "not UTF-8 at byte 2"), (b"", "has 0 rows, fewer than 1")):
            self.assertIn(says, problem(damaged, ("x", "y"), 1))
        self.assertEqual(problem(content, ("x", "y"), 3), "has 2 rows, fewer than 3")


if __name__ == "__main__":
    unittest.main()
