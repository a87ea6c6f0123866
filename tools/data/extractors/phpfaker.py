"""The book in a Text.php of php-faker."""

import php


def extract(paths, names):
    (path,) = paths
    (name,) = names
    return {name: php.book(path)}
