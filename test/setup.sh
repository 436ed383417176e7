#!/bin/sh
# Installs the Debian packages that the tests drive: as root where apt is, else prints the command and fails.
# With arguments: those packages instead ("test/setup.sh unbound dnsdist", for the benchmark).
set -eu

# What a package brings, so that nothing is asked of apt when all is there.
provides() {
  case "$1" in
    nftables) echo nft ;;
    iproute2) echo ip ;;
    dnsutils) echo dig ;;
    util-linux) echo nsenter ;;
    dnsmasq-base) echo dnsmasq ;;
    docker.io) echo dockerd ;;
    systemd) echo systemd-analyze ;;
    systemd-container) echo systemd-nspawn ;;
    procps) echo pgrep ;;
    knot-dnsutils) echo kdig ;;
    knot) echo knotd ;;
    musl-tools) echo musl-gcc ;;
    rsyslog) echo rsyslogd ;;
    # A part of rsyslog that is no program.
    rsyslog-gnutls) ls /usr/lib/*/rsyslog/lmnsd_gtls.so >/dev/null 2>&1 && echo true || echo "$1" ;;
    passt) echo pasta ;;
    openssh-client) echo ssh ;;
    openssh-server) echo sshd ;;
    isc-dhcp-server) echo dhcpd ;;
    *) echo "$1" ;;
  esac
}

PATH="$PATH:/usr/sbin:/sbin"
[ $# -gt 0 ] || set -- \
  nftables iproute2 conntrack util-linux procps \
  nsd dnsutils knot-dnsutils knot unbound dnsmasq-base musl-tools openssl tcpdump dnsperf \
  docker.io docker-compose debootstrap systemd systemd-container \
  zsh fish curl prometheus rsyslog rsyslog-gnutls \
  passt slirp4netns git openssh-client openssh-server python3 isc-dhcp-server

missing=
for package in "$@"; do
  command -v "$(provides "$package")" >/dev/null 2>&1 || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "these packages are missing; install them and try again:" >&2
  echo "  sudo apt-get install --no-install-recommends$missing" >&2
  exit 1
fi

# Installed for their programs alone: while policy-rc.d answers 101, no maintainer script starts a service.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >/dev/null </dev/null
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null </dev/null
