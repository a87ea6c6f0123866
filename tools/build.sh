# Sourced by the scripts beside it, after setup.sh: configure once, build with short progress.
# shellcheck shell=bash
: "${root:?the folder of the source tree}"

# follow_ninja LOG: copies the build's output to LOG and shows how far it is: redrawn on a terminal,
# elsewhere a line each tenth of the way.
follow_ninja() {
  local line tenth=0
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$1"
    if [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]]; then
      local at=${BASH_REMATCH[1]} of=${BASH_REMATCH[2]}
      if [[ -t 1 ]]; then
        printf '\r\033[2Kbuild: %d of %d steps' "$at" "$of"
      elif ((of >= 20 && at * 10 / of > tenth)); then
        tenth=$((at * 10 / of))
        say "build: $at of $of steps"
      fi
    fi
  done
  if [[ -t 1 ]]; then printf '\r\033[2K'; fi
}

# build LOG CMAKE_SETTING… [-- NINJA_TARGET…]: configures build/ by the release preset where it is
# not yet configured with these settings (Ninja re-configures when a CMake file changes), and builds.
build() {
  local log=$1 settings=() setting
  shift
  while (($#)) && [[ $1 != -- ]]; do settings+=("$1") && shift; done
  if (($#)); then shift; fi

  local cache=$root/build/CMakeCache.txt configured=yes fresh=()
  if [[ ! -f $root/build/build.ninja || ! -f $cache ]]; then
    configured=no
  elif ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$cache"; then
    configured=no
    fresh=(--fresh) # the tree was moved or copied here with its build
  else
    for setting in ${settings[@]+"${settings[@]}"}; do
      grep -qxF "${setting#-D}" "$cache" || configured=no
    done
  fi
  if [[ $configured == no ]]; then
    say 'build: configuring'
    (cd "$root" && cmake ${fresh[@]+"${fresh[@]}"} --preset release ${settings[@]+"${settings[@]}"}) >"$log" 2>&1 ||
      die_with_log 'cmake could not configure' "$log"
  fi
  local began=$SECONDS
  : >"$log"
  NINJA_STATUS='[%f/%t] ' ninja -C "$root/build" "$@" 2>&1 | follow_ninja "$log" ||
    die_with_log 'the build failed' "$log"
  if ! grep -q '^ninja: no work to do' "$log"; then say "build: done in $((SECONDS - began)) s"; fi
}
