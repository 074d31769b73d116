# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: GPL-3.0-or-later
# Shared by config/demo/run and tests/run: what must be installed, and how to build. Sourced, not run.

# What the program itself needs to be built and to run (the README gives each one's reason).
build_packages=(gcc libc6-dev meson ninja-build pkg-config python3 tzdata
    libmodbus-dev libmosquitto-dev libuv1-dev libglpk-dev libjansson-dev libsodium-dev libyaml-dev libsqlite3-dev libsystemd-dev
    zlib1g-dev)

# What the demonstration and the tests need beside it.
demo_packages=(mosquitto)
test_packages=(mosquitto mosquitto-clients check clang libclang-rt-14-dev clang-format universal-ctags
    python3-numpy python3-paho-mqtt openssl coinor-clp glpk-utils git systemd mandoc chromium)

PATH=$PATH:/usr/sbin:/sbin # where Debian keeps servers

step() {
    printf '\n==> %s\n' "$*"
}

fail() {
    printf '\n%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing_of() {
    local package
    for package in "$@"; do
        is_installed "$package" || echo "$package"
    done
}

# Installs the packages that are missing, as root or through sudo; says so and what to do when neither is possible.
# Both commands may be started together on a fresh machine: the second waits, as apt does not do everywhere by itself.
need_packages() {
    local missing=() as_root=() apt=(apt-get -q -o DPkg::Lock::Timeout=600) lock
    mapfile -t missing < <(missing_of "$@")
    [ ${#missing[@]} -gt 0 ] || return 0
    exec {lock}</var/lib/dpkg
    flock -n "$lock" || { step "Waiting for the other command's packages"; flock "$lock"; }
    mapfile -t missing < <(missing_of "$@")
    [ ${#missing[@]} -gt 0 ] || { exec {lock}<&-; return 0; }
    step "Installing ${#missing[@]} missing packages: ${missing[*]}"
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || fail "please install as root: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    "${as_root[@]}" "${apt[@]}" update || fail "apt-get update failed: is the network up, and does no other apt run?"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        "${apt[@]}" install -y --no-install-recommends "${missing[@]}" || fail "apt-get could not install: ${missing[*]}"
    exec {lock}<&-
}

# configure FOLDER [meson setup options]: once.
configure() {
    local folder=$1
    shift
    [ -f "$folder/build.ninja" ] || meson setup "$folder" "$root" "$@" || fail "configuring $folder failed"
}

# build FOLDER [meson setup options]: builds what changed; meson and ninja show the progress.
build() {
    configure "$@"
    ninja -C "$1" || fail "building $1 failed"
}

# A TCP port on loopback that nobody listens on now, below the range the system hands out by itself.
free_port() {
    local port
    while :; do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
}
