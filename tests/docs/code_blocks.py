#!/usr/bin/env python3
"""Code that a page shows must be that of a file, line by line, so that the two cannot drift apart.

On the PAGES below every block of C++, CMake, YAML or Python follows a comment that names its file,

    <!-- examples/custom_experiment/main.cpp -->

and its lines stand in that file one after the other; indentation common to all of them may be left out. And no
page holds a line that is a word in capitals, kept for something that was to be put there.

    tests/docs/code_blocks.py               # exit status 1 and one line per fault
    tests/docs/code_blocks.py --self-test   # plants faults and expects them to be found
"""

import pathlib
import re
import sys
import tempfile
import textwrap

PAGES = ["docs/library.md", "docs/export.md"]
BLOCK = re.compile(r"(?:<!-- (?P<file>\S+) -->\n+)?```(?P<language>cpp|cmake|yaml|python)\n(?P<code>.*?)```", re.DOTALL)

KEPT_PLACE = re.compile(r"^[A-Z]+(?:_[A-Z]+)+$", re.MULTILINE)


def contains(text, code):
    wanted = textwrap.dedent(code).rstrip("\n").split("\n")
    lines = text.split("\n")
    for start in range(len(lines) - len(wanted) + 1):
        if textwrap.dedent("\n".join(lines[start : start + len(wanted)])).split("\n") == wanted:
            return True
    return False


def faults(root, pages):
    """(faults as lines of text, number of blocks read)"""
    found, count = [], 0
    for page in pages:
        text = (root / page).read_text(encoding="utf-8")
        for place in KEPT_PLACE.finditer(text):
            found.append(f"{page}:{text.count(chr(10), 0, place.start()) + 1}: {place[0]} was to be replaced")
        for block in BLOCK.finditer(text):
            count += 1
            where = f"{page}:{text.count(chr(10), 0, block.start('code'))}"
            if block["file"] is None:
                found.append(f"{where}: a block of {block['language']} without <!-- file --> before it")
            elif not (root / block["file"]).is_file():
                found.append(f"{where}: no file {block['file']}")
            elif not contains((root / block["file"]).read_text(encoding="utf-8"), block["code"]):
                found.append(f"{where}: these lines are not in {block['file']}")
    return found, count


def self_test():
    source = "int main() {\n  one();\n\n  two();\n}\n"
    planted = {  # page: part of the fault expected, or None
        "<!-- a.cpp -->\n```cpp\none();\n\ntwo();\n```\n": None,
        "<!-- a.cpp -->\n\n```cpp\nint main() {\n  one();\n```\n": None,
        "<!-- a.cpp -->\n```cpp\none();\ntwo();\n```\n": "these lines are not in",
        "<!-- a.cpp -->\n```cpp\nint main() {\none();\n```\n": "these lines are not in",
        "<!-- b.cpp -->\n```cpp\none();\n```\n": "no file b.cpp",
        "text\n```cpp\none();\n```\n": "without <!-- file -->",
        "```sh\nrm everything\n```\n": None,
        "text\n\nTABLE_HERE\n": "TABLE_HERE was to be replaced",
    }
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "a.cpp").write_text(source)
        for page, expected in planted.items():
            (root / "page.md").write_text(page)
            found, _ = faults(root, ["page.md"])
            if len(found) != (expected is not None) or (expected and expected not in found[0]):
                print(f"expected {expected}, found {found} in\n{page}")
                wrong += 1
    print(f"code blocks: {len(planted)} planted pages, {wrong} faults")
    return wrong


def main():
    if sys.argv[1:] == ["--self-test"]:
        return 1 if self_test() else 0
    found, count = faults(pathlib.Path(__file__).resolve().parents[2], PAGES)
    for line in found:
        print(line)
    if count == 0:
        print("no block was found: the pages changed their form")
    print(f"code blocks: {count} blocks, {len(found)} faults")
    return 1 if found or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
