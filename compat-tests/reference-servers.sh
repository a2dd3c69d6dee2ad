#!/bin/bash
# Installs and starts the real qbittorrent-nox of each contract level: the judges of our contract.
#
#   reference-servers.sh install         4.5 from this Debian 12, 5.1 and 5.3 in chroots of trixie and sid
#   reference-servers.sh start LEVEL PORT DIR [TORRENTING_PORT]
#                                        run one in the foreground (LEVEL 4.5, 5.1 or 5.3) on
#                                        127.0.0.1:PORT with a profile in DIR; stop it with SIGTERM or ^C
#   reference-servers.sh version LEVEL
#
# User `admin`, password `adminadmin1`. BitTorrent on TORRENTING_PORT (by default PORT+500), TCP only, loopback only;
# DHT, LSD, PeX, UPnP off. DIR is created and configured when it holds no profile yet; give a fresh one for a fresh
# server, and the old ports for an old one. The chroots see DIR, and $REFERENCE_DATA if set, at the same paths, in a mount namespace of their own that
# vanishes with the server. $REFERENCE_SAVE_PATH replaces DIR/downloads as the default save path; the server gets
# $REFERENCE_ARGUMENTS besides. `start` replaces this
# shell, so the process that is started is the server itself. Needs root (debootstrap, chroot, bind mounts).
set -euo pipefail

root=${REFERENCE_ROOT:-${TMPDIR:-/tmp}/reference-servers}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

fail() { echo "reference-servers: $*" >&2; exit 1; }

suite() {
  case $1 in
    4.5) echo "" ;;
    5.1) echo trixie ;;
    5.3) echo sid ;;
    *) fail "unknown level '$1': use 4.5, 5.1 or 5.3" ;;
  esac
}

# The first Debian mirror (not security) that this machine's own apt is set up for.
mirror() {
  { sed -n 's/^URIs:[[:space:]]*//p' /etc/apt/sources.list.d/*.sources 2>/dev/null || :
    sed -n -E 's/^deb[[:space:]]+(\[[^]]*\][[:space:]]*)?([^[:space:]]+).*/\2/p' \
      /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || :
  } | tr ' ' '\n' | grep -E '/debian/?$' | head -n 1
}

install_all() {
  [[ $(id -u) == 0 ]] || fail "install needs root"
  export DEBIAN_FRONTEND=noninteractive
  if [[ ! -x /usr/bin/qbittorrent-nox ]]; then
    apt-get update -q && apt-get install -y -q --no-install-recommends qbittorrent-nox
  fi
  local m name dir
  m=$(mirror)
  [[ -n $m ]] || fail "found no Debian mirror in apt's configuration"
  command -v debootstrap >/dev/null || { apt-get update -q && apt-get install -y -q debootstrap; }
  for name in trixie sid; do
    dir=$root/$name
    if [[ ! -x $dir/usr/bin/qbittorrent-nox ]]; then
      [[ -x $dir/usr/bin/apt-get ]] || debootstrap --variant=minbase --keyring="$keyring" "$name" "$dir" "$m"
      chroot "$dir" sh -c 'apt-get -o Acquire::Check-Valid-Until=false update -q && apt-get install -y -q --no-install-recommends qbittorrent-nox python3'
    fi
    # What `scripts/check-shim` compiles with; the library itself stays the version that the server uses.
    if [[ ! -e $dir/usr/include/libtorrent/version.hpp ]]; then
      chroot "$dir" apt-get install -y -q --no-install-recommends libtorrent-rasterbar-dev g++ pkg-config
    fi
  done
  for level in 4.5 5.1 5.3; do echo "$level: $(version "$level")"; done
}

program() { # LEVEL: sets `program` to the command that runs qbittorrent-nox of that level
  local name
  name=$(suite "$1")
  program=(${name:+chroot "$root/$name"} /usr/bin/qbittorrent-nox)
}

version() { program "$1" && "${program[@]}" --version; }

# PBKDF2-SHA512 of `adminadmin1`: 100000 rounds, 16 bytes of salt, 64 bytes of key.
password='@ByteArray(cmV2YWVyLXJlZmVyZW5jZQ==:qPwFkhR0OfC3dJjf51ytsjpX/8LOfyc1EMlgaMEj1elNn7644w97hGWAQmBOd/jEeGksa72bvtmaVmfzvzxX+w==)'

configure() { # DIR PORT TORRENTING_PORT
  local conf=$1/qBittorrent/config/qBittorrent.conf
  [[ -e $conf ]] && return
  mkdir -p "${conf%/*}" "${REFERENCE_SAVE_PATH:-$1/downloads}"
  cat >"$conf" <<CONF
[Application]
FileLogger\\Enabled=false

[BitTorrent]
Session\\DHTEnabled=false
Session\\LSDEnabled=false
Session\\PeXEnabled=false
Session\\BTProtocol=TCP
Session\\Interface=lo
Session\\InterfaceName=lo
Session\\InterfaceAddress=127.0.0.1
Session\\Port=$3
Session\\DefaultSavePath=${REFERENCE_SAVE_PATH:-$1/downloads}

[LegalNotice]
Accepted=true

[Network]
PortForwardingEnabled=false

[Preferences]
General\\Locale=en
WebUI\\Address=127.0.0.1
WebUI\\Port=$2
WebUI\\UseUPnP=false
WebUI\\Username=admin
WebUI\\Password_PBKDF2="$password"
Connection\\UPnP=false
CONF
}

start() { # LEVEL PORT DIR TORRENTING_PORT
  local name dir=$3 path binds=()
  name=$(suite "$1")
  [[ $dir == /* ]] || fail "DIR must be absolute"
  mkdir -p "$dir"
  configure "$dir" "$2" "$4"
  program "$1"
  if [[ -z $name ]]; then
    exec "${program[@]}" --profile="$dir" ${REFERENCE_ARGUMENTS:-} </dev/null
  fi
  for path in "$dir" ${REFERENCE_DATA:+"$REFERENCE_DATA"}; do
    mkdir -p "$path" "$root/$name$path"
    binds+=("$path" "$root/$name$path")
  done
  exec unshare --mount bash -c '
    mount -t proc proc "$0/proc"
    while [[ $1 != -- ]]; do mount --bind "$1" "$2"; shift 2; done
    shift
    exec "$@" </dev/null' "$root/$name" "${binds[@]}" -- "${program[@]}" --profile="$dir" ${REFERENCE_ARGUMENTS:-}
}

case ${1:-} in
  install) install_all ;;
  start) [[ $# == 4 || $# == 5 ]] || fail "usage: start LEVEL PORT DIR [TORRENTING_PORT]"; start "$2" "$3" "$4" "${5:-$(($3 + 500))}" ;;
  version) version "${2:?LEVEL}" ;;
  *) sed -n '2,17s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
