#!/bin/sh
# Rackwright agent @VERSION@ (commit @COMMIT@): a program that unpacks itself once, then runs.
set -eu
hash=@HASH@
self=$(readlink -f "$0")
# Where it was unpacked to when it was installed, or where it may unpack itself.
for base in "${RACKWRIGHT_AGENT_UNPACKED:-/usr/lib/rackwright-agent}" /var/cache/rackwright-agent \
  "${XDG_CACHE_HOME:-${HOME:-/tmp/rackwright-$(id -u)}/.cache}/rackwright-agent"; do
  [ -x "$base/$hash/deno" ] && break
  # Only an installation, or who names a folder, puts it elsewhere than in a cache.
  [ "$base" = /usr/lib/rackwright-agent ] && continue
  { mkdir -p "$base" && [ -w "$base" ]; } 2>/dev/null || continue
  part="$base/$hash.$$"
  mkdir "$part"
  # Two archives, one after the other: the runtime, and the agent.
  tail -n +@LINES@ "$self" | gzip -dc | tar -x -i -f - -C "$part"
  mv -T "$part" "$base/$hash" 2>/dev/null || rm -rf "$part" # another start was faster
  break
done
here="$base/$hash"
[ -x "$here/deno" ] || { echo "rackwright-agent: cannot unpack; no folder to write to" >&2; exit 1; }
export RACKWRIGHT_AGENT_FILE="$self" DENO_NO_UPDATE_CHECK=1
# What the runtime keeps for a faster start: never where somebody else may write.
if [ -w "$here" ]; then
  export DENO_DIR="$here/cache"
else
  export DENO_DIR="${CACHE_DIRECTORY:-${HOME:-/nonexistent}/.cache/rackwright-agent}/deno"
fi
# Young objects get less room than the runtime would give each thread: nearly none of them live long,
# and with tens of thousands of leases the rest would be memory that nobody uses.
exec "$here/deno" run --v8-flags=--max-semi-space-size=1 --allow-all --no-check --no-config --no-lock --no-remote --no-npm \
  --cached-only "$here/main.js" "$@"
