#!/usr/bin/env python3
"""A public header as Doxygen should read it: doxygen_filter.py HEADER writes it to standard output, line for line.

What the headers say in plain comments, or say once for configs, becomes documentation:
  - the comment that opens a file describes the file;
  - a comment behind a declaration describes it;
  - the meaning of a config's field is the text that fields() gives for its key.
"""

import re
import sys

COMMENT = re.compile(r"^\s*///")
FIELD = re.compile(r'\bv\(\s*"\w+",\s*(\w+),\s*((?:"(?:[^"\\]|\\.)*"\s*)+)')
MEMBER = re.compile(r"^\s+[\w:<>, ]+ (\w+)( = .*)?;\s*$")
STRUCT = re.compile(r"^(struct|class) (\w+)")
BOILERPLATE = [
    (re.compile(r"^\s*template <class V>$"), "Declares every key: its name, field, meaning and range."),
    (re.compile(r"^(constexpr|inline) .*\benum_names\("), "Names of the values in configs."),
]


def meanings_of(lines):
    """{struct: {field: meaning}} from the fields() of each struct of the file."""
    meanings, struct, text = {}, None, {}
    for line in lines:
        match = STRUCT.match(line)
        if match:
            struct = match[2]
        if struct:
            text[struct] = text.get(struct, "") + line
    for struct, body in text.items():
        for match in FIELD.finditer(body):
            parts = re.findall(r'"((?:[^"\\]|\\.)*)"', match[2])
            meanings.setdefault(struct, {})[match[1]] = "".join(parts)
    return meanings


def escaped(text):
    return re.sub(r"([<>#%&$@\\])", r"\\\1", text)


def filtered(path, lines):
    meanings = meanings_of(lines)
    opening, struct = True, None
    name = path[path.rindex("onramp/") :]
    for number, line in enumerate(lines):
        line = line.rstrip("\n")
        if opening and line.startswith("//") and not line.startswith("///"):
            text = re.sub(r"<(?=\w)", r"\\<", line[2:])  # no tag of HTML
            yield f"/// @file {name} {text.lstrip()}" if number == 0 else "///" + text
            continue
        opening = False
        match = STRUCT.match(line)
        if match:
            struct = match[2]
        before = lines[number - 1] if number else ""
        if not COMMENT.match(before):
            for pattern, text in BOILERPLATE:
                if pattern.match(line):
                    line = f"/** {text} */ {line}"
        member = MEMBER.match(line)
        if member and not COMMENT.match(before) and member[1] in meanings.get(struct, {}):
            line += " ///< " + escaped(meanings[struct][member[1]])
        else:
            line = re.sub(r"^(\s*[^/\s].*[;,{}]\s+|\s*\w+,?\s+)// (?!NOLINT|clang)", r"\1///< ", line)
        if "//" in line:
            code, comment = line.split("//", 1)
            line = code + "//" + re.sub(r"(?<!\\)<(?=[a-z])", r"\\<", comment)
        yield line


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        lines = file.readlines()
    print("\n".join(filtered(sys.argv[1], lines)))


if __name__ == "__main__":
    main()
