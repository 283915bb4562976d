#!/bin/sh
# need.sh NAME...: sees to it that the named programs are there: go postgres chromium cc.
# need.sh --found NAME: only says by its status whether it is there.
#
# What is missing is installed with apt-get when that is possible without asking (as root, or by a
# sudo that wants no password); otherwise the script ends with the exact command that an
# administrator has to run. Programs that are already there are never touched, and then neither
# root nor a network is needed.
set -eu

# The same places in the same order as internal/postgres/cluster/find.go.
has_postgres() {
	if [ -n "${DAICHO_PG_BINDIR:-}" ]; then
		[ -x "$DAICHO_PG_BINDIR/initdb" ] && [ -x "$DAICHO_PG_BINDIR/postgres" ]
		return
	fi
	command -v initdb >/dev/null 2>&1 && command -v postgres >/dev/null 2>&1 && return 0
	for dir in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/local/pgsql/bin; do
		[ -x "$dir/initdb" ] && [ -x "$dir/postgres" ] && return 0
	done
	return 1
}

# The names that chromedp looks for.
has_chromium() {
	for name in headless_shell headless-shell chromium chromium-browser google-chrome \
		google-chrome-stable google-chrome-beta google-chrome-unstable; do
		command -v "$name" >/dev/null 2>&1 && return 0
	done
	return 1
}

has_cc() {
	command -v "${CC:-gcc}" >/dev/null 2>&1 || return 1
	# A compiler without the C library's headers is of no use to the race detector.
	printf '#include <stdlib.h>\nint main(void){return 0;}\n' | "${CC:-gcc}" -x c -fsyntax-only - 2>/dev/null
}

if [ "${1:-}" = --found ]; then
	"has_$2"
	exit
fi

packages=''
for need in "$@"; do
	case $need in
	go)
		command -v go >/dev/null 2>&1 || {
			echo "need: Go is missing. Get Go 1.26 or newer from https://go.dev/dl/ and put it on PATH." >&2
			exit 1
		}
		;;
	postgres) has_postgres || packages="$packages postgresql" ;;
	chromium) has_chromium || packages="$packages chromium" ;;
	cc) has_cc || packages="$packages gcc libc6-dev" ;;
	*)
		echo "need: unknown name: $need" >&2
		exit 2
		;;
	esac
done
[ -n "$packages" ] || exit 0

os=''
[ -r /etc/os-release ] && os=$(. /etc/os-release && echo "${ID:-}")
case "$os $packages" in
ubuntu*chromium*)
	# Ubuntu's chromium package is a snap, which cannot be installed in a container.
	echo "need: a browser is missing. Install Google Chrome, or: sudo snap install chromium" >&2
	exit 1
	;;
esac

hint="sudo apt-get update && sudo apt-get install -y --no-install-recommends$packages"
if ! command -v apt-get >/dev/null 2>&1; then
	echo "need: missing:$packages (names of Debian's packages). Install them with this system's package manager and try again." >&2
	exit 1
fi
if [ "$(id -u)" = 0 ]; then
	as_root=''
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
	as_root='sudo -n'
else
	echo "need: missing:$packages. An administrator has to run this once:" >&2
	echo "    $hint" >&2
	exit 1
fi

# Debian makes and starts a cluster on TCP port 5432 when the server is installed. daicho makes its
# own, without a port; so that one is not made, unless this machine already had PostgreSQL.
conf=/etc/postgresql-common/createcluster.d
mine=''
case $packages in
*postgresql*)
	if [ ! -e /etc/postgresql-common ]; then
		mine=$conf/daicho-setup.conf
		$as_root mkdir -p "$conf"
		echo 'create_main_cluster = false' | $as_root tee "$mine" >/dev/null
	fi
	;;
esac
tidy() { [ -z "$mine" ] || $as_root rm -f "$mine"; }
trap tidy EXIT
trap 'exit 1' HUP INT TERM

echo "need: installing$packages" >&2
apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300"
# shellcheck disable=SC2086 # words on purpose
if ! { $apt update && $apt install -y --no-install-recommends $packages; } >&2; then
	echo "need: apt-get failed. Mend what it says above, or run this and try again:" >&2
	echo "    $hint" >&2
	exit 1
fi
