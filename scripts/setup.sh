#!/usr/bin/env bash
# Installs what onramp needs to build: see --help.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<'TEXT'
usage: scripts/setup.sh [--check-tools] [--docs] [--python] [--gym] [--kitchen] [--robosuite] [--fuzz]

Installs what is missing to build and run onramp on Debian 12, and nothing else:
  - Debian packages (apt-get, when root or through sudo): compiler, CMake, libraries.      about 4 min, 1.7 GB on a bare system
  - LibTorch, two CUDA runtime libraries that it is linked to, and MuJoCo, from the files
    pinned by hash in scripts/wheels.txt, unpacked under ${ONRAMP_CACHE:-~/.cache/onramp}.  about 2 min, 0.56 GB down, 0.6 GB kept
  - .deps in this checkout, a link to that folder, where CMake looks.

Can be called again at any time; with everything in place it does nothing and needs no network.

  --check-tools   also install clang-format and clang-tidy, which only scripts/check.sh needs
  --docs          also install doxygen, which only scripts/docs.sh needs
  --python        also make .deps/python, a virtual environment with PyTorch (examples/python/requirements.txt), which
                  only examples/python and the test of exported policies in Python need; several GB with its CUDA libraries
  --gym           also make .deps/gym, a virtual environment with Gymnasium-Robotics (scripts/gym.txt), which the environment
                  `gym` runs in unless a config names another Python: Adroit and more; 280 MB, half a minute
  --kitchen       also make .deps/kitchen, the same with the MuJoCo that its Kitchen wants (scripts/kitchen.txt), for
                  `packages: kitchen`; 250 MB, half a minute
  --robosuite     also make .deps/robosuite, a virtual environment with robosuite (scripts/robosuite.txt), for
                  `packages: robosuite`; 1.2 GB, a minute or two
  --fuzz          also install clang with libFuzzer, which only scripts/fuzz.sh needs
  --help          this text

environment:
  ONRAMP_CACHE    where the unpacked libraries are kept (default ~/.cache/onramp); checkouts may share it. Programs are linked
                  to them there: for several users of a machine, name a folder that all of them can read
TEXT
}

check_tools=no
docs=no
python=no
gym=no
kitchen=no
robosuite=no
fuzz=no
for argument in "$@"; do
  case "$argument" in
    --check-tools) check_tools=yes ;;
    --docs) docs=yes ;;
    --python) python=yes ;;
    --gym) gym=yes ;;
    --kitchen) kitchen=yes ;;
    --robosuite) robosuite=yes ;;
    --fuzz) fuzz=yes ;;
    -h | --help) usage; exit 0 ;;
    *) usage_error "unknown option $argument" ;;
  esac
done

cache="${ONRAMP_CACHE:-${HOME:?HOME is not set; set it, or set ONRAMP_CACHE}/.cache/onramp}"
pins="$ONRAMP_ROOT/scripts/wheels.txt"
logs="$cache/logs"

# Debian names. Without recommended packages: they would add another 0.5 GB that nothing here uses.
packages=(
  g++ cmake ninja-build ccache git ca-certificates pkg-config
  python3 python3-pip unzip
  libeigen3-dev libyaml-cpp-dev libspdlog-dev libcli11-dev nlohmann-json3-dev libhdf5-dev
  libopencv-core-dev libopencv-imgproc-dev libopencv-imgcodecs-dev libopencv-videoio-dev
  libegl-dev libgl-dev libopengl-dev libegl1 libegl-mesa0 libgl1-mesa-dri
  libgtest-dev libgmock-dev libbenchmark-dev
  python3-matplotlib python3-h5py
)
if [ "$check_tools" = yes ]; then packages+=(clang-format clang-tidy); fi
if [ "$docs" = yes ]; then packages+=(doxygen); fi
case "$python$gym$kitchen$robosuite" in *yes*) packages+=(python3-venv) ;; esac
if [ "$fuzz" = yes ]; then packages+=(clang-14 libclang-rt-14-dev llvm-14); fi

missing_packages() {
  local package
  for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || echo "$package"
  done
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -- "$@"; fi
}

install_packages() {
  step "Debian packages"
  if ! command -v dpkg-query >/dev/null; then
    note "this is not Debian or Ubuntu: make sure that the counterparts of these packages are installed:"
    note "${packages[*]}"
    return
  fi
  local missing
  mapfile -t missing < <(missing_packages)
  if [ "${#missing[@]}" -eq 0 ]; then
    note "all there"
    return
  fi
  if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    fail "${#missing[@]} Debian packages are missing, and this is neither root nor is there sudo" \
      "as root: apt-get install --no-install-recommends ${missing[*]}"
  fi
  note "installing ${#missing[@]}: ${missing[*]}"
  note "takes 1 to 5 minutes; output in $logs/apt.log"
  remedy "is there a network, and does /etc/apt/sources.list name a Debian mirror? Then call this again"
  run_logged "$logs/apt.log" as_root apt-get update
  run_logged "$logs/apt.log" as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 "${missing[@]}"
}

pinned_version() { sed -n "s/^$1==\([^ ]*\) .*/\1/p" "$pins"; }

# fetch_wheel NAME FOLDER: downloads the pinned file; pip checks the hash. The tags are spelled out so that the machine's
# own Python version does not matter: only shared libraries and headers are taken from the files.
fetch_wheel() {
  local line="$2/requirement.txt" log="$logs/pip-$1.log" status=0
  mkdir -p "$2"
  grep "^$1==" "$pins" >"$line"
  # pip keeps a second copy of the file in its temporary folder: on the disk whose space was checked, not in /tmp.
  TMPDIR="$2" run_logged "$log" python3 -m pip download --quiet --no-cache-dir --no-deps --require-hashes --requirement "$line" --dest "$2" \
    --only-binary=:all: --implementation cp --python-version 3.11 --abi cp311 --abi abi3 --abi none \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64 --platform manylinux_2_25_x86_64 \
    --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 || status=$?
  if [ "$status" -ne 0 ] && grep -q 'DO NOT MATCH THE HASHES' "$log"; then
    fail "what was downloaded for $1 is not the pinned file" \
      "call this again; if it stays so, what serves your downloads (a mirror, a proxy) changes the file: $log"
  fi
  return "$status"
}

# need_space MEGABYTES: stops before a download that would fill the disk.
need_space() {
  local free
  free="$(df --output=avail --block-size=1M "$cache" | tail -n 1)"
  if [ "$free" -lt "$1" ]; then
    fail "$cache has $((free)) MB of free space, $1 are needed" "make space, or set ONRAMP_CACHE to a folder on another disk"
  fi
}

# Where a library is put together. Removed at the end however the script ends.
work=""
trap 'if [ -n "$work" ]; then rm -rf "$work"; fi' EXIT

# unpack WHEEL_NAME FOLDER patterns...
unpack() {
  local name="$1" folder="$2"
  shift 2
  unzip -q -o "$folder/$name"*.whl "$@" -d "$folder/tree"
}

# A library is put together in a temporary folder and renamed when whole: an interrupted set-up leaves nothing half done,
# and a folder that exists is complete.
install_libtorch() {
  local version target
  version="$(pinned_version torch)"
  target="$cache/torch-$version"
  step "LibTorch $version"
  if [ -d "$target" ]; then
    note "is in $target"
    return
  fi
  note "downloading 530 MB, unpacking 480 MB of it; about 1 to 3 minutes"
  need_space 2000
  remedy "is there a network? Then call this again"
  work="$(mktemp -d "$cache/unpacking.XXXXXX")"
  fetch_wheel torch "$work"
  fetch_wheel nvidia-cuda-runtime "$work"
  fetch_wheel nvidia-cuda-cupti "$work"
  # The layout of the wheels stays as it is: libtorch_cpu.so finds its neighbours by relative paths. Of the headers only
  # those that LibTorch's own need: the wheel's copies of fmt, protobuf and pybind11 would shadow Debian's.
  unpack torch "$work" 'torch/lib/libtorch_cpu.so' 'torch/lib/libc10.so' 'torch/lib/libgomp.so.1' \
    'torch/include/ATen/*' 'torch/include/c10/*' 'torch/include/caffe2/*' 'torch/include/torch/*' '*.dist-info/licenses/*'
  unpack nvidia_cuda_runtime "$work" 'nvidia/cu13/lib/libcudart.so.13' '*.dist-info/licenses/*'
  unpack nvidia_cuda_cupti "$work" 'nvidia/cu13/lib/libcupti.so.13' '*.dist-info/licenses/*'
  mv "$work/tree" "$target"
  rm -rf "$work"
  note "unpacked to $target"
}

install_mujoco() {
  local version target
  version="$(pinned_version mujoco-core)"
  target="$cache/mujoco-$version"
  step "MuJoCo $version"
  if [ -d "$target" ]; then
    note "is in $target"
    return
  fi
  note "downloading 10 MB; a few seconds"
  need_space 100
  remedy "is there a network? Then call this again"
  work="$(mktemp -d "$cache/unpacking.XXXXXX")"
  fetch_wheel mujoco-core "$work"
  unpack mujoco_core "$work" 'mujoco/libmujoco.so.*' 'mujoco/include/*' '*.dist-info/licenses/*'
  mv "$work/tree" "$target"
  rm -rf "$work"
  note "unpacked to $target"
}

# install_python NAME "what it is" REQUIREMENTS MEGABYTES "about how long" [options of pip]: a virtual environment. Whole when
# requirements.txt lies in it: such a folder cannot be renamed when it is done.
install_python() {
  local target="$cache/$1" what="$2" wanted="$ONRAMP_ROOT/$3" space="$4" duration="$5"
  shift 5
  step "$what"
  if cmp -s "$wanted" "$target/requirements.txt"; then
    note "is in $target"
    return
  fi
  note "downloading and unpacking; $duration"
  need_space "$space"
  remedy "is there a network? Then call this again"
  rm -rf "$target"
  run_logged "$logs/venv.log" python3 -m venv "$target"
  TMPDIR="$target" run_logged "$logs/pip-python.log" "$target/bin/pip" install --no-cache-dir "$@" --requirement "$wanted"
  cp "$wanted" "$target/requirements.txt"
  note "$target/bin/python"
}

link_deps() {
  step "Link .deps"
  if [ -e "$ONRAMP_ROOT/.deps" ] && [ ! -L "$ONRAMP_ROOT/.deps" ]; then
    fail "$ONRAMP_ROOT/.deps is in the way: it is not a link" "move it away and call this again"
  fi
  ln -sfn "$cache" "$ONRAMP_ROOT/.deps"
  note ".deps -> $cache"
}

if [ "$(uname -m)" != x86_64 ] || [ "$(uname -s)" != Linux ]; then
  fail "this is $(uname -s) on $(uname -m); the pinned libraries are for Linux on x86_64" \
    "give CMake your own: -DCMAKE_PREFIX_PATH='<libtorch>;<mujoco>'"
fi
mkdir -p "$logs" || fail "cannot write to $cache" "set ONRAMP_CACHE to a folder that you can write to"
# Checkouts may share the cache; and what a killed set-up left behind goes.
take_lock "$cache" "another set-up uses $cache"
rm -rf "$cache"/unpacking.*

install_packages
install_libtorch
install_mujoco
if [ "$python" = yes ]; then
  install_python python "Python with PyTorch" examples/python/requirements.txt 12000 "some minutes"
fi
if [ "$gym" = yes ]; then
  install_python gym "Python with Gymnasium-Robotics" scripts/gym.txt 1000 "half a minute" --no-deps  # the pins are all
fi
if [ "$kitchen" = yes ]; then
  install_python kitchen "Python with Gymnasium-Robotics' Kitchen" scripts/kitchen.txt 1000 "half a minute" --no-deps --require-hashes
fi
if [ "$robosuite" = yes ]; then
  install_python robosuite "Python with robosuite" scripts/robosuite.txt 3000 "a minute or two" --no-deps --require-hashes
fi
link_deps
printf '\nset-up is complete\n'
