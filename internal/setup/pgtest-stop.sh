#!/bin/sh
# Asks the keeper of the shared test server (internal/pgtest/server.go) to leave now instead of in a
# minute, and waits for it. It stays when another test run still uses it, or when it is not there.
set -eu
for dir in "/dev/shm/daicho-pgtest-$(id -u)" /var/cache/daicho-pgtest "${XDG_CACHE_HOME:-${HOME:-/}/.cache}/daicho-pgtest" "/tmp/daicho-pgtest-$(id -u)"; do
	[ -r "$dir/keeper.pid" ] || continue
	read -r pid <"$dir/keeper.pid" || continue
	# The number may have gone to another process since.
	tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q '^pgtest-keeper' || continue
	kill -USR1 "$pid" 2>/dev/null || continue
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.5
	done
done
