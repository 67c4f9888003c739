#!/usr/bin/env python3
"""Code that a page shows must be that of a file, line by line, so that the two cannot drift apart; pages hold no gaps.

On the PAGES_WITH_CODE below every block of C++, CMake, YAML or Python follows a comment that names its file,

    <!-- examples/custom_experiment/main.cpp -->

and its lines stand in that file one after the other; indentation common to all of them may be left out.

On every page (README.md, CONTRIBUTING.md, docs/*.md) nothing is left of a place that was kept for something to be put
there (a line that is words in capitals joined by _, or a word in capitals between two @), and the target of every link
and picture is a file or folder, unless it lies elsewhere (https:) or on the same page (#).

    tests/docs/code_blocks.py               # exit status 1 and one line per fault
    tests/docs/code_blocks.py --self-test   # plants faults and expects them to be found
"""

import pathlib
import re
import sys
import tempfile
import textwrap

PAGES_WITH_CODE = ["docs/library.md", "docs/export.md", "docs/bring_your_own_policy.md"]
BLOCK = re.compile(r"(?:<!-- (?P<file>\S+) -->\n+)?```(?P<language>cpp|cmake|yaml|python)\n(?P<code>.*?)```", re.DOTALL)

KEPT_PLACE = re.compile(r"^[A-Z]+(?:_[A-Z]+)+$|@[A-Z][A-Z_]*@", re.MULTILINE)

CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?P<to>[^)\s]+)|\bsrc=\"(?P<src>[^\"]+)\"")
ELSEWHERE = re.compile(r"[a-z]+:|#")


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def all_pages(root):
    return ["README.md", "CONTRIBUTING.md"] + sorted(f"docs/{page.name}" for page in (root / "docs").glob("*.md"))


def dead_links(root, page, text):
    """(line, target) of links to files that are not there. Code is no link, whatever brackets it has."""
    text = CODE.sub(lambda code: "\n" * code[0].count("\n"), text)
    for link in LINK.finditer(text):
        target = link["to"] or link["src"]
        if not ELSEWHERE.match(target) and not (root / page).parent.joinpath(target.split("#")[0]).exists():
            yield line_of(text, link.start()), target


def contains(text, code):
    wanted = textwrap.dedent(code).rstrip("\n").split("\n")
    lines = text.split("\n")
    for start in range(len(lines) - len(wanted) + 1):
        if textwrap.dedent("\n".join(lines[start : start + len(wanted)])).split("\n") == wanted:
            return True
    return False


def gaps(root, pages):
    """Kept places and dead links, as lines of text."""
    found = []
    for page in pages:
        text = (root / page).read_text(encoding="utf-8")
        for place in KEPT_PLACE.finditer(text):
            found.append(f"{page}:{line_of(text, place.start())}: {place[0]} was to be replaced")
        for line, target in dead_links(root, page, text):
            found.append(f"{page}:{line}: no file {target}, which a link or a picture names")
    return found


def strange_blocks(root, pages):
    """(faults as lines of text, number of blocks read)"""
    found, count = [], 0
    for page in pages:
        text = (root / page).read_text(encoding="utf-8")
        for block in BLOCK.finditer(text):
            count += 1
            where = f"{page}:{line_of(text, block.start('code')) - 1}"
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
        "text\n\nTABLE_HERE\n": "docs/page.md:3: TABLE_HERE was to be replaced",
        "text\n\n@TABLE@\n": "docs/page.md:3: @TABLE@ was to be replaced",
        "among @WALL_TIME@ words\n": "@WALL_TIME@ was to be replaced",
        "someone@example.org, ONRAMP_CACHE in a line\n": None,
        "```sh\n[no](link.md)\n```\n[none](b.md)\n": "docs/page.md:4: no file b.md",
        "```\nshown\n```\n\n![none](images/b.png)\n": "docs/page.md:5: no file images/b.png",
        "[from the page](a.cpp)\n": "no file a.cpp",
        "<img src=\"b.png\">\n": "no file b.png",
        "[up](../a.cpp#part) [a folder](../docs/) [page](page.md) [here](#part) [there](https://example.org)\n": None,
        "`[](int i)` is code, and ![so](page.md)\n": None,
    }
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "docs").mkdir()
        for name, text in {"a.cpp": source, "README.md": "text\n", "CONTRIBUTING.md": "text\n"}.items():
            (root / name).write_text(text)
        for page, expected in planted.items():
            (root / "docs" / "page.md").write_text(page)
            found = strange_blocks(root, ["docs/page.md"])[0] + gaps(root, all_pages(root))
            if len(found) != (expected is not None) or (expected and expected not in found[0]):
                print(f"expected {expected}, found {found} in\n{page}")
                wrong += 1
    print(f"code blocks: {len(planted)} planted pages, {wrong} faults")
    return wrong


def main():
    if sys.argv[1:] == ["--self-test"]:
        return 1 if self_test() else 0
    root = pathlib.Path(__file__).resolve().parents[2]
    found, count = strange_blocks(root, PAGES_WITH_CODE)
    pages = all_pages(root)
    found += gaps(root, pages)
    for line in found:
        print(line)
    if count == 0:
        print("no block was found: the pages changed their form")
    print(f"code blocks: {count} blocks, {len(pages)} pages, {len(found)} faults")
    return 1 if found or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
