"""php-faker's books, one a language, cut into sentences of 20 to 120 characters."""

import re

import php
from table import table

BOOKS = {
    "Arabic": "ar_JO", "Chinese": "zh_TW", "Czech": "cs_CZ", "Dutch": "nl_NL", "English": "en_US",
    "French": "fr_FR", "Georgian": "ka_GE", "German": "de_DE", "Greek": "el_GR", "Hungarian": "hu_HU",
    "Japanese": "ja_JP", "Korean": "ko_KR", "Persian": "fa_IR", "Polish": "pl_PL",
    "Portuguese": "pt_BR", "Romanian": "ro_MD", "Russian": "ru_RU", "Spanish": "es_ES",
    "Ukrainian": "uk_UA",
}
SHORTEST, LONGEST = 20, 120
PARAGRAPH_END = re.compile(r"\n\s*\n")
# After the mark and what closes around it; Chinese and Japanese put no blank there.
SENTENCE_END = re.compile(r"(?:(?<=[.!?…؟])|(?<=[.!?…؟][\"'»”’)]))\s+|(?<=[。！？])(?![」』”’])|(?<=[。！？][」』”’])")


def sentences(text):
    for paragraph in PARAGRAPH_END.split(text):
        for sentence in SENTENCE_END.split(" ".join(paragraph.split())):
            sentence = sentence.strip()
            letters = sum(map(str.isalpha, sentence))
            if SHORTEST <= len(sentence) <= LONGEST and 2 * letters > len(sentence):
                yield sentence


def extract(paths, names):
    (folder,) = paths
    (name,) = names
    rows = []
    for language, locale in BOOKS.items():
        text = php.book(folder / locale / "Text.php").decode()
        rows += [(language, sentence) for sentence in dict.fromkeys(sentences(text))]
    return {name: table(rows)}
