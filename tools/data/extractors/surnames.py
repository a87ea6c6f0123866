"""Surnames by language from php-faker: the eleven languages in Latin script with 300 or more."""

import php
from table import table

NAMES = {
    "Czech": ("cs_CZ", ("lastNameMale", "lastNameFemale")),
    "Danish": ("da_DK", ("lastName",)),
    "Dutch": ("nl_NL", ("commonDutchLastNames", "dutchLastNames", "longLastNames")),
    "English": ("en_US", ("lastName",)),
    "Finnish": ("fi_FI", ("lastName",)),
    "French": ("fr_FR", ("lastName",)),
    "German": ("de_DE", ("lastName",)),
    "Latvian": ("lv_LV", ("lastName",)),
    "Romanian": ("ro_RO", ("lastName",)),
    "Slovak": ("sk_SK", ("lastNameMale", "lastNameFemale")),
    "Spanish": ("es_ES", ("lastName",)),
}


def extract(paths, names):
    (folder,) = paths
    (name,) = names
    rows = []
    for language, (locale, arrays) in NAMES.items():
        found = php.arrays(folder / locale / "Person.php")
        for array in arrays:
            if array not in found:
                raise ValueError(f"{locale}/Person.php has no array {array}")
        surnames = [surname for array in arrays for surname in found[array] if surname.strip()]
        rows += [(language, surname) for surname in dict.fromkeys(surnames)]
    return {name: table(rows)}
