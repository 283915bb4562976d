#!/bin/sh
# need.sh [--check] NAME[?]...: sees to it that the named things are there: go postgres chromium font
# python cc. One with a question mark is installed along where that is possible, and only regretted where it
# is not. With --check nothing is installed; the status says whether all is there or could be.
# need.sh --found NAME: only says by its status whether it is there.
#
# What is missing is installed with apt-get when that is possible without asking (as root, or by a
# sudo that wants no password); otherwise the script ends with the one command that an administrator
# has to run for all of it. Only a font can come without one: into the user's own directory of fonts.
# What is already there is never touched, and then neither root nor a network is needed.
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

# The same names as internal/browsertest.
has_chromium() {
	[ -z "${CHROMIUM:-}" ] || return 0
	for bin in chromium-headless-shell headless_shell headless-shell chromium chromium-browser google-chrome \
		google-chrome-stable google-chrome-beta google-chrome-unstable; do
		command -v "$bin" >/dev/null 2>&1 && return 0
	done
	return 1
}

own_fonts="${XDG_DATA_HOME:-${HOME:-/}/.local/share}/fonts"

# A Japanese font. Without fc-list, which the browser does not need, by the names of the usual ones.
has_font() {
	if command -v fc-list >/dev/null 2>&1; then
		[ -n "$(fc-list :lang=ja file 2>/dev/null)" ]
		return
	fi
	find -L /usr/share/fonts /usr/local/share/fonts "$own_fonts" "${HOME:-/}/.fonts" -type f 2>/dev/null |
		grep -qiE '/(ipa[^/]*g|noto[^/]*cjk|noto[^/]*jp|vl-|takao|motoya|mtlc|migu|mplus|sazanami|biz-?ud|source-?han|droidsansfallback)[^/]*\.(ttf|ttc|otf)$'
}

has_cc() {
	command -v "${CC:-gcc}" >/dev/null 2>&1 || return 1
	# A compiler without the C library's headers is of no use to the race detector.
	printf '#include <stdlib.h>\nint main(void){return 0;}\n' | "${CC:-gcc}" -x c -fsyntax-only - 2>/dev/null
}

# For the verifier in another language that the manual offers.
has_python() { command -v python3 >/dev/null 2>&1; }

if [ "${1:-}" = --found ]; then
	"has_$2"
	exit
fi

check=''
if [ "${1:-}" = --check ]; then
	check=1
	shift
fi

os=''
[ -r /etc/os-release ] && os=$(. /etc/os-release && echo "${ID:-}")

# Debian's headless shell does the work of its Chromium with half the effort. Ubuntu's chromium is a
# snap, which cannot be installed in a container.
by_hand=''
packages_of() {
	case $1 in
	postgres) echo postgresql ;;
	chromium) if [ "$os" = debian ]; then echo chromium-headless-shell; elif [ "$os" != ubuntu ]; then echo chromium; fi ;;
	font) echo fonts-ipafont-gothic ;;
	python) echo python3-minimal ;;
	cc) echo gcc libc6-dev ;;
	esac
}

packages='' wished=''
for need in "$@"; do
	name=${need%\?}
	case $name in
	go) command -v go >/dev/null 2>&1 || by_hand="$by_hand
    Go 1.26 or newer, on PATH: https://go.dev/dl/" ;;
	postgres | chromium | font | python | cc)
		"has_$name" && continue
		if [ "$name" != "$need" ]; then
			wished="$wished $(packages_of "$name")"
		elif [ "$name$os" = chromiumubuntu ]; then
			by_hand="$by_hand
    a browser: Google Chrome, or: sudo snap install chromium"
		else
			packages="$packages $(packages_of "$name")"
		fi
		;;
	*)
		echo "need: unknown name: $name" >&2
		exit 2
		;;
	esac
done
[ -n "$packages$wished$by_hand" ] || exit 0

as_root=none
if command -v apt-get >/dev/null 2>&1; then
	if [ "$(id -u)" = 0 ]; then
		as_root=''
	elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
		as_root='sudo -n'
	fi
fi

# The font is a file: an ordinary user can have it too, when apt knows where it is.
fetch_font() (
	command -v apt-get >/dev/null 2>&1 && command -v dpkg-deb >/dev/null 2>&1 || exit 1
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	cd "$tmp"
	apt-get -q download "$(packages_of font)" >/dev/null 2>&1 && dpkg-deb -x ./*.deb . || exit 1
	mkdir -p "$own_fonts/daicho"
	find usr/share/fonts -type f -exec cp {} "$own_fonts/daicho/" \;
	echo "need: a Japanese font is put into $own_fonts/daicho" >&2
	has_font
)
font=$(packages_of font)
case " $packages " in
*" $font "*)
	if [ "$as_root" = none ] && [ -z "$by_hand" ] && [ "${packages# }" = "$font" ] && fetch_font; then
		packages=''
	fi
	;;
esac

say_missing() {
	echo "need: missing:$packages$wished$by_hand" >&2
	[ -n "$packages$wished" ] || return 0
	if command -v apt-get >/dev/null 2>&1; then
		echo "need: $1" >&2
		echo "    sudo apt-get update && sudo apt-get install -y --no-install-recommends$packages$wished" >&2
	else
		echo "need: these are names of Debian's packages; install them with this system's package manager and try again." >&2
	fi
}

if [ -n "$by_hand" ]; then
	say_missing 'Besides, an administrator has to run this once:'
	exit 1
fi
if [ "$as_root" = none ]; then
	if [ -n "$packages" ]; then
		say_missing 'An administrator has to run this once:'
		exit 1
	fi
	[ -n "$check" ] || [ -z "$wished" ] || say_missing 'It goes on without. To have all:'
	exit 0
fi
[ -z "$check" ] || exit 0

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

echo "need: installing$packages$wished" >&2
apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300"
# shellcheck disable=SC2086 # words on purpose
if ! { $apt update && $apt install -y --no-install-recommends $packages $wished; } >&2; then
	say_missing 'apt-get failed. Mend what it says above, or run this and try again:'
	[ -z "$packages" ] || exit 1
fi
