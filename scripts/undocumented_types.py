#!/usr/bin/env python3
"""Fails on a public class, struct or enumeration that does not say what it is: undocumented_types.py DOXYGEN_XML_FOLDER.

Doxygen's own warning would ask for a text at every function and field too, also where the name says it all.
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def has_text(element):
    return any("".join(element.find(part).itertext()).strip() for part in ("briefdescription", "detaileddescription"))


def main():
    missing, count = set(), 0
    for file in pathlib.Path(sys.argv[1]).glob("*.xml"):
        for compound in ElementTree.parse(file).getroot().iter("compounddef"):
            types = [compound] if compound.get("kind") in ("class", "struct") and compound.get("prot") == "public" else []
            types += [m for m in compound.iter("memberdef") if m.get("kind") == "enum" and m.get("prot") == "public"]
            for element in types:
                count += 1
                name = element.findtext("compoundname") or element.findtext("name")
                if "detail::" in name or has_text(element):
                    continue
                location = element.find("location")
                missing.add(f"{location.get('file')}:{location.get('line')}: error: {name} does not say what it is")
    print("\n".join(sorted(missing)))
    if count < 100:
        sys.exit(f"error: only {count} types in {sys.argv[1]}")
    sys.exit(1 if missing else 0)


if __name__ == "__main__":
    main()
