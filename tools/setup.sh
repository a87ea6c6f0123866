# Sourced by the scripts beside it: what Unroll needs from Debian 12 or 13, and how to say things.
#
#   setup LOG [test]   installs what is missing through apt-get, as root or through sudo; its output
#                      goes to LOG. With nothing missing it asks dpkg once, prints nothing and needs
#                      no network.
# shellcheck shell=bash

say() { printf '%s\n' "$*"; }
die() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  exit "${2:-1}"
}
die_with_log() { # MESSAGE LOG
  tail -n 40 "$2" >&2
  die "$1 (all of the log: $2)"
}

# Where one name does not fit every release, alternatives are joined by |, best first. OpenCL's
# headers are here because oneDNN's CMake package insists on them where it was built with them, and
# make because `cmake -B build` of a plugin takes it by default.
build_packages=(
  g++ cmake make ninja-build ccache pkg-config
  libdnnl-dev ocl-icd-opencl-dev libyaml-cpp-dev 'libboost1.83-dev|libboost1.81-dev|libboost-dev' libfmt-dev
  libhdf5-dev libssl-dev libcli11-dev nlohmann-json3-dev libicu-dev libhwy-dev
  libpng-dev libturbojpeg0-dev libzip-dev zlib1g-dev libonnx-dev libprotobuf-dev protobuf-compiler
  node-d3 libcpp-httplib-dev libopenmpi-dev openmpi-bin
  ca-certificates python3 python3-yaml python3-numpy
)
# Slurm's daemons, 13 MB installed, are started by tests of their own and idle otherwise.
test_packages=(libgtest-dev libgmock-dev libbenchmark-dev hdf5-tools python3-h5py python3-jsonschema
  abigail-tools
  slurmctld slurmd slurm-client munge)

# Sets `missing` to those arguments of which no alternative is installed.
find_missing() {
  local entry name names status installed=' '
  mapfile -t names < <(printf '%s\n' "$@" | tr '|' '\n')
  while read -r status name; do
    if [[ $status == ii ]]; then installed+="$name "; fi
  done < <(dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' "${names[@]}" 2>/dev/null || true)
  missing=()
  for entry; do
    while read -r name; do
      if [[ $installed == *" $name "* ]]; then continue 2; fi
    done < <(tr '|' '\n' <<<"$entry")
    missing+=("$entry")
  done
}

# Sets `chosen` to the names apt-get would install for the `missing` entries; fails where apt knows
# no name of an entry, which is then in `unknown`.
choose_candidates() {
  local entry name names line known=' '
  mapfile -t names < <(printf '%s\n' "${missing[@]}" | tr '|' '\n')
  while IFS= read -r line; do
    case $line in
      [!\ ]*:) name=${line%:} ;;
      '  Candidate: ('*) ;;
      '  Candidate: '*) known+="$name " ;;
    esac
  done < <(LC_ALL=C apt-cache policy "${names[@]}" 2>/dev/null)
  chosen=()
  for entry in "${missing[@]}"; do
    while read -r name; do
      if [[ $known == *" $name "* ]]; then
        chosen+=("$name")
        continue 2
      fi
    done < <(tr '|' '\n' <<<"$entry")
    unknown=$entry
    return 1
  done
}

setup() {
  local log=$1 missing chosen unknown='' as_root=() through='' word='' packages
  packages=("${build_packages[@]}")
  if [[ ${2:-} == test ]]; then packages+=("${test_packages[@]}"); fi
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    die "this sets up Debian 12 or 13, and apt-get is not here; install what corresponds to
  ${packages[*]}
by hand, then: cmake --preset release && cmake --build build"
  fi
  find_missing "${packages[@]}"
  if ((${#missing[@]} == 0)); then return; fi

  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      die "some packages are missing, and this is neither root nor is sudo here; ask an administrator for
  apt-get install --no-install-recommends ${missing[*]%%|*}"
    fi
    as_root=(sudo)
    through=' through sudo'
  fi
  as_root+=(env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -q -o DPkg::Lock::Timeout=300)

  local updated=no
  if ! choose_candidates; then
    say "setup: updating the package lists$through (apt-get update)"
    "${as_root[@]}" update >>"$log" 2>&1 || die_with_log 'apt-get update failed' "$log"
    updated=yes
    choose_candidates || die "this release has no package '${unknown//|/\' or \'}'; Debian 12 and 13 have it in main"
  fi
  if ((${#chosen[@]} > 1)); then word=s; fi
  say "setup: installing ${#chosen[@]} package$word$through: ${chosen[*]}"
  # Nothing that is installed may go; lists that are out of date are renewed once.
  if ! "${as_root[@]}" install -y --no-install-recommends --no-remove "${chosen[@]}" >>"$log" 2>&1; then
    if [[ $updated == yes ]]; then die_with_log 'apt-get install failed' "$log"; fi
    say "setup: that failed; updating the package lists$through and trying again"
    "${as_root[@]}" update >>"$log" 2>&1 || die_with_log 'apt-get update failed' "$log"
    "${as_root[@]}" install -y --no-install-recommends --no-remove "${chosen[@]}" >>"$log" 2>&1 ||
      die_with_log 'apt-get install failed' "$log"
  fi
}
