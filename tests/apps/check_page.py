#!/usr/bin/env python3
"""python3 check_page.py PAGE.html: one line for each thing that keeps the page from being well formed and self-contained."""
import html.parser
import pathlib
import re
import sys

VOID = {"meta", "img", "source", "br", "hr", "link", "input"}


class Checker(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.faults, self.ids, self.anchors, self.style = [], [], set(), [], ""

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("script", "link", "iframe", "object", "embed"):
            self.faults.append(f"<{tag}> is not allowed")
        if "id" in attributes:
            if attributes["id"] in self.ids:
                self.faults.append(f"id {attributes['id']} twice")
            self.ids.add(attributes["id"])
        for name in ("src", "srcset", "href", "poster"):
            value = attributes.get(name)
            if value is None:
                continue
            if name == "href" and value.startswith("#"):
                self.anchors.append(value[1:])
            elif not value.startswith("data:"):
                self.faults.append(f"<{tag} {name}={value[:60]}> is not in the page")

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self.open[-1] if self.open else 'nothing'}")
        else:
            self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            self.style += data


def main():
    checker = Checker()
    checker.feed(pathlib.Path(sys.argv[1]).read_text())
    checker.close()
    faults = checker.faults + [f"<{tag}> is not closed" for tag in checker.open]
    faults += [f"#{anchor} leads nowhere" for anchor in checker.anchors if anchor not in checker.ids]
    if re.search(r"url\(|@import", checker.style):
        faults.append("the style loads something")
    if not checker.style:
        faults.append("no style")
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
