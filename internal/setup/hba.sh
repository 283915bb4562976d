#!/bin/sh
# Run once by the database image after initdb, before the server is started for good: only the
# socket, and only the account that a role belongs to. The image's own rule (trust), without which
# it does not start without a password, is gone with the file it stood in.
set -eu
cat >"$PGDATA/pg_hba.conf" <<'END'
local all    postgres     peer
local daicho daicho_owner peer
local daicho daicho_app   peer
END
