#!/usr/bin/env bash
# build.sh FOLDER IMAGE
#
# Builds the project's Dockerfile, unchanged, where there is no Docker engine and no image
# registry: with buildah, on a base image put together from Debian's own packages. Storage
# and settings for buildah and podman are written into FOLDER. Needs root on Debian; what is
# missing of the tools is installed. The base is kept in the user's cache, for the next time.
set -euo pipefail
folder=$1 image=$2
project=$(cd "$(dirname "$0")/../.." && pwd)
base=python:3.13-slim suite=trixie
tree=${XDG_CACHE_HOME:-$HOME/.cache}/kustom-mock/${base/:/-}.tar

declare -A packages=(
  [buildah]=buildah [podman]=podman [runc]=runc [mmdebstrap]=mmdebstrap
  [curl]=curl [ip]=iproute2 [iptables]=iptables
)
wanted=()
for tool in "${!packages[@]}"; do
  command -v "$tool" >/dev/null || wanted+=("${packages[$tool]}")
done
[ -d /usr/lib/cni ] || wanted+=(containernetworking-plugins)
if [ ${#wanted[@]} -gt 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${wanted[@]}"
fi

# Debian's Python as a virtual environment over /usr/local has `python` and `pip` where the
# published image has them.
if [ ! -s "$tree" ]; then
  mkdir -p "$(dirname "$tree")"
  # shellcheck disable=SC2016  # $1 is mmdebstrap's to fill in
  mmdebstrap --quiet --mode=root --variant=minbase --format=tar \
    --include=python3,python3-venv,ca-certificates \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt=force-unsafe-io \
    --customize-hook='chroot "$1" python3 -m venv /usr/local' \
    "$suite" "$tree.$$"
  mv "$tree.$$" "$tree"
fi

# An overlay saves space and time; it cannot lie on every file system.
mkdir -p "$folder"/{try/lower,try/upper,try/work,try/merged,tmp}
driver=vfs
if mount -t overlay overlay "$folder/try/merged" \
  -o "lowerdir=$folder/try/lower,upperdir=$folder/try/upper,workdir=$folder/try/work"; then
  umount "$folder/try/merged"
  driver=overlay
fi
cat >"$folder/storage.conf" <<END
[storage]
driver = "$driver"
graphroot = "$folder/storage"
runroot = "$folder/run"
END
# Limits that need no privilege to set; runc, and no systemd.
cat >"$folder/containers.conf" <<END
[containers]
default_ulimits = ["nofile=1024:4096", "nproc=4096:8192"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
runtime = "runc"
tmp_dir = "$folder/tmp"
END
export CONTAINERS_STORAGE_CONF=$folder/storage.conf CONTAINERS_CONF=$folder/containers.conf

container=$(buildah from scratch)
buildah add --quiet "$container" "$tree" /
buildah config --env PATH=/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin "$container"
buildah commit --quiet --rm --format docker "$container" "localhost/$base"

# The machine's certificates serve the RUN steps where a proxy signs what comes from outside.
# They are mounted, so they do not enter the image.
bundle=/etc/ssl/certs/ca-certificates.crt mounts=()
[ -f "$bundle" ] && mounts=(--volume "$bundle:$bundle:ro")
buildah bud --format docker --isolation chroot --pull-never "${mounts[@]}" \
  --ulimit nofile=1024:4096 --ulimit nproc=4096:8192 --tag "$image" "$project"
