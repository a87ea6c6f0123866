"""Tables of text: UTF-8, a row a line, columns between tabs, no head and no quoting.

So no value holds a tab or a line break, and none is empty.
"""


def table(rows):
    """The rows as a file; white space within a value becomes one blank."""
    lines = ("\t".join(" ".join(value.split()) for value in row) for row in rows)
    return ("\n".join(lines) + "\n").encode()


def problem(content, columns, least_rows):
    """What is wrong with a file that should be such a table, or nothing."""
    try:
        lines = content.decode().split("\n")
    except UnicodeDecodeError as error:
        return f"is not UTF-8 at byte {error.start}"
    if lines.pop() != "":
        return "does not end in a line break"
    for number, line in enumerate(lines, 1):
        values = line.split("\t")
        if len(values) != len(columns) or not all(values):
            return f"line {number} is not {len(columns)} values ({', '.join(columns)}): {line[:60]!r}"
    if len(lines) < least_rows:
        return f"has {len(lines)} rows, fewer than {least_rows}"
    return None
