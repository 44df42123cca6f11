#!/usr/bin/env bash
# Copies the data of a Compose project to the paths and volumes of the generated containers. Run it as root on the host, in
# the folder of the Compose file, before the first switch. It stops Docker's containers, and leaves the old data in place.
# A target that exists already is not changed, so it can run again after a failure.
#
# A project needs only some of the functions.
# shellcheck disable=SC2034,SC2317,SC2329
set -euo pipefail

# shellcheck source=/dev/null
. enter-folder.sh

if [ "$EUID" != 0 ]; then
  echo "copying data with its owners needs root: run it with sudo" >&2
  exit 1
fi
# cp follows no link in a view, even if another user replaces a folder with a link meanwhile.
in_namespace "${BASH_SOURCE[0]}"

# The home directory of the user who runs this script with sudo: `~` in the Compose file.
home=$(getent passwd "${SUDO_USER:-root}" | cut -d: -f6)

# The number of sources so far, and the exit code.
sources=0
status=0

if command -v docker >/dev/null; then
  if ! docker compose --project-name @project@ stop; then
    echo "Docker's containers were not stopped, and nothing was copied: data in use cannot be copied" >&2
    exit 1
  fi
fi

#   copy_path FROM TO
#
# Copies a folder or a file with owners, modes, links and extended attributes. The copy has its name only when it is
# complete. An empty folder is replaced: Podman creates one for a volume.
copy_path() {
  local from to=$2
  from=$(realpath --canonicalize-missing --no-symlinks -- "$1")
  if [ ! -e "$from" ]; then
    echo "$from: does not exist; create $to if the containers need it" >&2
    return
  fi
  sources=$((sources + 1))
  # In a shell of its own, because the working directory changes.
  if ! (copy_entered "$from" "$to"); then
    echo "$from: not copied" >&2
    status=1
  fi
}

copy_entered() {
  local from=$1 to=$2 name=${2##*/} source
  if [ -d "$from" ]; then
    enter_folder "$from" || return
    view_folder "$sources" || return
    source=$view/$sources
  else
    enter_folder_of "$from" || return
    exec {source}<. || return
    source=/proc/self/fd/$source/$entered_file
  fi
  enter_folder --make "$(dirname -- "$to")" || return
  # Left by a run that was killed.
  rm --recursive --force --one-file-system -- "./.$name.homegen-import" || return
  if [ -L "./$name" ] || { [ -e "./$name" ] && ! is_empty_folder "./$name"; }; then
    echo "$to: exists; not changed" >&2
    return
  fi
  enter_stage "$name" || return
  # The stage belongs to root alone, so another user can neither change the copy nor move the stage to another folder.
  if ! { cp --archive --reflink=auto --no-target-directory -- "$source" ./data && sync --file-system .; }; then
    rm --recursive --force --one-file-system -- ./data
    rmdir -- "../.$name.homegen-import"
    return 1
  fi
  mv --no-target-directory -- ./data "../$name" || return
  rmdir -- "../.$name.homegen-import" || return
  echo "$from: copied to $to"
}

is_empty_folder() {
  [ -d "$1" ] && [ -z "$(ls --almost-all -- "$1")" ]
}

# Creates a folder for root alone in the working directory, and enters it. Another user can put a folder in its place until it
# is entered.
enter_stage() {
  local name=.$1.homegen-import here
  here=$(env pwd -P) && mkdir --mode=0700 -- "./$name" && cd -P -- "./$name" || return
  if [ "$(env pwd -P)" != "${here%/}/$name" ] || [ "$(stat --format '%u %a' .)" != '0 700' ] ||
    [ -n "$(ls --almost-all)" ]; then
    echo "$here/$name: refusing to use it: another user changed it" >&2
    return 1
  fi
}

#   copy_volume FROM TO
#
# Copies a volume of Docker into a volume of Podman.
copy_volume() {
  local from to
  if ! command -v docker >/dev/null; then
    echo "$1: the program docker is missing, so that its volume was not copied" >&2
    status=1
    return
  fi
  if ! from=$(docker volume inspect --format '{{.Mountpoint}}' "$1" 2>/dev/null); then
    echo "$1: Docker has no such volume; skipped" >&2
    return
  fi
  podman volume inspect "$2" >/dev/null 2>&1 || podman volume create "$2" >/dev/null
  to=$(podman volume inspect --format '{{.Mountpoint}}' "$2")
  copy_path "$from" "$to"
}

