#!/usr/bin/env bash
# Copies the data of a Compose project to the paths and volumes of the generated containers. Run it as root on the host, in
# the folder of the Compose file, before the first switch. It stops Docker's containers, and leaves the old data in place.
# A target that exists already is not changed, so it can run again after a failure.
set -euo pipefail

# The home directory of the user who runs this script with sudo: `~` in the Compose file.
home=$(getent passwd "${SUDO_USER:-root}" | cut -d: -f6)

if command -v docker >/dev/null; then
  docker compose --project-name @project@ stop
fi

# Copies a folder or a file with owners, modes, links and extended attributes. The copy has its name only when it is
# complete.
copy_path() {
  if [[ ! -e $1 ]]; then
    echo "$1: does not exist; create $2 if the containers need it" >&2
    return
  fi
  if [[ -d $2 ]] && [[ -z $(ls -A "$2") ]]; then
    rmdir "$2"
  fi
  if [[ -e $2 ]]; then
    echo "$2: exists; not changed" >&2
    return
  fi
  rm -rf "$2.new"
  mkdir -p "$(dirname "$2")"
  cp --archive --reflink=auto --no-target-directory "$1" "$2.new"
  mv --no-target-directory "$2.new" "$2"
  echo "$1: copied to $2"
}

# Copies a volume of Docker into a volume of Podman.
copy_volume() {
  local from
  if ! from=$(docker volume inspect --format '{{.Mountpoint}}' "$1" 2>/dev/null); then
    echo "$1: Docker has no such volume; skipped" >&2
    return
  fi
  podman volume inspect "$2" >/dev/null 2>&1 || podman volume create "$2" >/dev/null
  copy_path "$from" "$(podman volume inspect --format '{{.Mountpoint}}' "$2")"
}

