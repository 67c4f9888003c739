#!/usr/bin/env bash
# What to run before a commit: see --help.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<'TEXT'
usage: scripts/check.sh [--fix] [--since REVISION] [--quick]

Checks the working tree: format, include direction, clang-tidy on changed files, build, tests.

  --fix             put the format right instead of complaining
  --since REVISION  changed files are those that differ from here (default: the branch's start, or on main the last commit)
  --quick           leave out the build and the tests
TEXT
}

fix=no
quick=no
since=""
while [ $# -gt 0 ]; do
  case "$1" in
    --fix) fix=yes ;;
    --quick) quick=yes ;;
    --since) since="${2:-}"; [ -n "$since" ] || usage_error "--since needs a revision" "for example: --since HEAD~3"; shift ;;
    -h | --help) usage; exit 0 ;;
    *) usage_error "unknown option $1" ;;
  esac
  shift
done

cd "$ONRAMP_ROOT"
run_script scripts/setup.sh --check-tools

step "Format" "seconds"
mapfile -t sources < <(git ls-files --cached --others --exclude-standard -- '*.h' '*.cpp' | while read -r file; do
  if [ -f "$file" ]; then echo "$file"; fi
done)
if [ "$fix" = yes ]; then
  clang-format -i "${sources[@]}"
  note "${#sources[@]} files put right"
else
  unformatted="$(clang-format --dry-run --Werror "${sources[@]}" 2>&1 | sed -n 's/^\([^:]*\):[0-9]*:[0-9]*: error.*/\1/p' | sort -u || true)"
  if [ -n "$unformatted" ]; then
    printf '%s\n' "$unformatted" >&2
    fail "$(wc -l <<<"$unformatted") files are not formatted" "scripts/check.sh --fix"
  fi
  note "${#sources[@]} files are formatted"
fi

step "Include direction" "a second"
remedy "move the code to the layer that may know both, or pass what is needed as an argument (docs/architecture.md)"
python3 tests/architecture/include_direction.py

if [ -z "$since" ]; then
  since="$(git merge-base HEAD main 2>/dev/null || git rev-parse HEAD)"
fi
# Configured apart, and never built: clang takes g++'s precompiled header for its own.
cmake --preset dev -B build/tidy -DONRAMP_PRECOMPILE=OFF >/dev/null
step "clang-tidy on files changed since $(git rev-parse --short "$since")" "about 20 s a file"
mapfile -t changed < <({
  git diff --name-only --diff-filter=d "$since" -- '*.cpp'
  git ls-files --others --exclude-standard -- '*.cpp'
} | sort -u | while read -r file; do # what only other presets build, clang-tidy cannot read
  if grep -qF "\"$PWD/$file\"" build/tidy/compile_commands.json; then echo "$file"; fi
done)
if [ "${#changed[@]}" -eq 0 ]; then
  note "none"
else
  remedy "the first line above says what; a check that is wrong here is silenced with NOLINT(name) and the reason"
  printf '%s\n' "${changed[@]}" | xargs -P "$(nproc)" -n 1 clang-tidy --quiet --warnings-as-errors='*' -p build/tidy
  note "${#changed[@]} files"
fi

if [ "$quick" = yes ]; then exit 0; fi
configure dev
build dev "about 15 minutes the first time"
run_tests dev
