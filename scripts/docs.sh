#!/usr/bin/env bash
# Builds the API reference: see --help.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<'TEXT'
usage: scripts/docs.sh

Builds the API reference of the public headers into build/docs/html (Doxygen, about 20 seconds).
A class, struct or enumeration that does not say what it is, or a comment that names a parameter which is not there, stops it.
TEXT
}

case "${1:-}" in
  "") ;;
  -h | --help) usage; exit 0 ;;
  *) usage_error "unknown option $1" ;;
esac

cd "$ONRAMP_ROOT"
if ! command -v doxygen >/dev/null; then run_script scripts/setup.sh --docs; fi
step "API reference" "about 20 seconds"
remedy "the first line above says which comment or header; WARN_ settings are in docs/Doxyfile"
mkdir -p build/docs
version="$(sed -n 's/^project(onramp VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)"
run_logged build/docs/doxygen.log doxygen - < <(
  cat docs/Doxyfile
  printf 'PROJECT_NUMBER = %s\nOUTPUT_DIRECTORY = build/docs\n' "$version"
)
remedy "write the line that is missing, above the declaration"
run_logged build/docs/undocumented.log python3 scripts/undocumented_types.py build/docs/xml
note "build/docs/html/index.html"
