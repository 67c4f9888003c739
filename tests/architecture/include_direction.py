#!/usr/bin/env python3
"""Reads every #include of the library and fails on one that points the wrong way.

The layers and what each may know are docs/architecture.md. Run it by hand from anywhere:

    tests/architecture/include_direction.py             # exit status 1 and one line per fault
    tests/architecture/include_direction.py --self-test # plants faults in a temporary tree and expects them to be found
"""

import argparse
import pathlib
import re
import sys
import tempfile

# What a layer may include of the library, beside itself. Written out and not computed from an order: the exceptions (losses
# know no buffers, algorithms no environments) are the point.
MAY_INCLUDE = {
    "base": [],
    "core": ["base"],
    "nn": ["base", "core"],
    "data/store": ["base", "data"],  # of data only what does without LibTorch
    "data": ["base", "core", "data/store"],
    "envs": ["base", "core", "data", "data/store"],
    "losses": ["base", "core"],
    "models": ["base", "core", "nn", "data", "losses"],
    "policies": ["base", "core", "nn", "data", "data/store", "envs", "losses", "models"],
    "algorithms": ["base", "core", "nn", "data", "losses", "models", "policies"],
    "training": ["base", "core", "nn", "data", "data/store", "envs", "losses", "models", "policies", "algorithms"],
    "workflow": ["base", "core", "nn", "data", "data/store", "envs", "losses", "models", "policies", "algorithms", "training"],
}
# Folders inside a layer that begin a heavy dependency: they may include what their layer may, and the layer itself; nobody
# below the programs may include them.
COMPONENTS = {"envs/mujoco": "envs", "envs/gym": "envs", "envs/ur": "envs", "envs/franka": "envs"}
for component, layer in COMPONENTS.items():
    MAY_INCLUDE[component] = MAY_INCLUDE[layer] + [layer]
# One header for programs: every layer, no component.
MAY_INCLUDE["onramp.h"] = [place for place in MAY_INCLUDE if place not in COMPONENTS]
MAY_INCLUDE["apps"] = list(MAY_INCLUDE)

# The trainer drives what learns through these interfaces; it must not name one method.
GENERIC_ALGORITHM_HEADERS = {"learnable.h", "agent.h", "learner_factory.h", "critic_view.h", "catalog.h"}

# Layers that are built and sanitized without LibTorch may not reach it through any chain of includes.
WITHOUT_TORCH = ["base", "data/store"]
# Headers of other libraries by first folder, and the places that may include them. An unlisted library is free to all.
TORCH = ("ATen", "c10", "torch", "caffe2")
ONLY_IN = {
    "mujoco": ["envs/mujoco"],
    "EGL": ["envs/mujoco"],
    "hdf5.h": ["data/store", "data"],
    "CLI": ["training", "workflow", "apps"],
}
# "knows nothing of files and threads"
SYSTEM_HEADERS_FORBIDDEN = {
    "algorithms": {"thread", "mutex", "condition_variable", "future", "atomic", "fstream", "filesystem", "cstdio"},
    "losses": {"thread", "mutex", "condition_variable", "future", "atomic", "fstream", "filesystem", "cstdio"},
}

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def place_of(relative):
    """Layer or component of a path that starts below include/onramp/, src/ or the checkout (apps/)."""
    parts = pathlib.PurePosixPath(relative).parts
    two = "/".join(parts[:2])
    return two if two in MAY_INCLUDE else parts[0]


def includes_of(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1), match.group(2)


def sources(root):
    """(path, place) of every file of the library and of the programs."""
    for folder, prefix in (("include/onramp", ""), ("src", ""), ("apps", "apps/")):
        base = root / folder
        if not base.is_dir():
            continue
        for path in sorted(base.rglob("*")):
            if path.suffix in (".h", ".cpp"):
                yield path, place_of(prefix + path.relative_to(base).as_posix())


def resolve(root, path, quote, name):
    """The file of ours that an include names, or None for one of another library."""
    if name.startswith("onramp/"):
        return root / "include" / name
    if quote == '"':
        for candidate in (path.parent / name, root / "src" / name, root / name):
            if candidate.is_file():
                return candidate
    return None


def place_of_file(root, path):
    for folder, prefix in (("include/onramp", ""), ("src", ""), ("apps", "apps/")):
        try:
            return place_of(prefix + path.resolve().relative_to((root / folder).resolve()).as_posix())
        except ValueError:
            continue
    return None


def chain_to_torch(root, path, seen):
    """The chain of includes by which a file reaches LibTorch, or None."""
    if path in seen or not path.is_file():
        return None
    seen.add(path)
    for _, quote, name in includes_of(path):
        if name.split("/")[0] in TORCH:
            return [f"<{name}>"]
        target = resolve(root, path, quote, name)
        if target is not None:
            rest = chain_to_torch(root, target, seen)
            if rest is not None:
                return [name] + rest
    return None


def faults(root):
    found = []
    count = 0
    for path, place in sources(root):
        count += 1
        where = path.relative_to(root).as_posix()
        if place not in MAY_INCLUDE:
            found.append(f"{where}: is in no layer; known are {', '.join(MAY_INCLUDE)}")
            continue
        for number, quote, name in includes_of(path):
            at = f"{where}:{number}"
            if ".." in name.split("/"):
                found.append(f'{at}: "{name}" climbs out of its folder; name the file from the root ("onramp/...")')
                continue
            target = resolve(root, path, quote, name)
            if target is None:
                first = name.split("/")[0]
                if first in ONLY_IN and place not in ONLY_IN[first]:
                    found.append(f"{at}: {place} includes <{name}>, which only {', '.join(ONLY_IN[first])} may")
                if name in SYSTEM_HEADERS_FORBIDDEN.get(place, ()):
                    found.append(f"{at}: {place} includes <{name}>, but knows nothing of files and threads")
                continue
            to = place_of_file(root, target)
            if to == place:
                continue
            if to not in MAY_INCLUDE[place]:
                allowed = ", ".join(MAY_INCLUDE[place]) or "nothing of the library"
                found.append(f'{at}: {place} includes "{name}" of {to}; it may include {allowed}')
            elif place == "training" and to == "algorithms" and target.name not in GENERIC_ALGORITHM_HEADERS:
                found.append(f'{at}: training includes "{name}", a particular algorithm; '
                             f"it may include {', '.join(sorted(GENERIC_ALGORITHM_HEADERS))}")
        if place in WITHOUT_TORCH:
            chain = chain_to_torch(root, path, set())
            if chain is not None:
                found.append(f"{where}: {place} must do without LibTorch, but reaches it: {' -> '.join(chain)}")
    return found, count


PLANTED = {
    # file: (content, part of the message expected, or None where the include is allowed)
    "include/onramp/base/ok.h": ("#include <vector>\n", None),
    "include/onramp/core/tensor.h": ('#include <ATen/core/Tensor.h>\n#include "onramp/base/ok.h"\n', None),
    "include/onramp/base/bad_torch.h": ("#include <c10/core/Device.h>\n", "base must do without LibTorch"),
    "src/base/bad_up.cpp": ('#include "onramp/core/tensor.h"\n', "it may include nothing of the library"),
    "src/data/store/bad_chain.cpp": ('#include "onramp/base/bad_torch.h"\n', "data/store must do without LibTorch"),
    "src/data/bad_nn.cpp": ('#  include "onramp/nn/mlp.h"\n', "data includes"),
    "include/onramp/nn/mlp.h": ('#include "onramp/core/tensor.h"\n', None),
    "include/onramp/data/spec.h": ("", None),
    "src/losses/bad_data.cpp": ('#include "onramp/data/spec.h"\n', "losses includes"),
    "src/models/bad_env.cpp": ('#include "onramp/envs/environment.h"\n', "models includes"),
    "include/onramp/envs/environment.h": ("", None),
    "include/onramp/envs/mujoco/scene.h": ('#include <mujoco/mujoco.h>\n#include "onramp/envs/environment.h"\n', None),
    "src/envs/bad_component.cpp": ('#include "onramp/envs/mujoco/scene.h"\n', "envs includes"),
    "src/envs/bad_mujoco.cpp": ("#include <mujoco/mujoco.h>\n", "which only envs/mujoco may"),
    "include/onramp/algorithms/sac.h": ("", None),
    "include/onramp/algorithms/learnable.h": ("", None),
    "src/algorithms/bad_env.cpp": ('#include "onramp/envs/environment.h"\n', "algorithms includes"),
    "src/algorithms/bad_thread.cpp": ("#include <thread>\n", "knows nothing of files and threads"),
    "src/training/ok.cpp": ('#include "onramp/algorithms/learnable.h"\n', None),
    "src/training/bad_particular.cpp": ('#include "onramp/algorithms/sac.h"\n', "a particular algorithm"),
    "src/policies/bad_learner.cpp": ('#include "onramp/algorithms/learnable.h"\n', "policies includes"),
    "src/training/bad_dots.cpp": ('#include "../algorithms/sac.h"\n', "climbs out of its folder"),
    "src/other/bad_layer.cpp": ("", "is in no layer"),
    "apps/ok.cpp": ('#include <CLI/CLI.hpp>\n#include "onramp/envs/mujoco/scene.h"\n', None),
}


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, (content, _) in PLANTED.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(content, encoding="utf-8")
        found, _ = faults(root)
        wrong = []
        for name, (_, expected) in PLANTED.items():
            of_file = [fault for fault in found if fault.startswith(name + ":")]
            if expected is None and of_file:
                wrong.append(f"{name}: is allowed, but reported: {of_file}")
            if expected is not None and not any(expected in fault for fault in of_file):
                wrong.append(f"{name}: wanted a fault with '{expected}', got {of_file}")
        return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--self-test", action="store_true", help="check that planted faults are found")
    arguments = parser.parse_args()
    if arguments.self_test:
        found, what = self_test(), f"{len(PLANTED)} planted files"
    else:
        found, count = faults(arguments.root)
        what = f"{count} files"
        if count == 0:
            found.append(f"no source found under {arguments.root}")
    for line in found:
        print(line)
    print(f"include direction: {what}, {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
