# A table of long commands: every one is run, whatever fails before it, and a row says how it ended. To be sourced, by bash.
#
# `logs` must name a folder. `tests/lib/checks-test` holds this file to its word.
# shellcheck shell=bash
set -euo pipefail
shopt -s inherit_errexit

rows=() failed=0

# row NAME COMMAND ...: runs it to its end with its output in a log, and says how it ended.
row() {
    local name=$1 begun=$SECONDS status=0 log verdict
    shift
    log=$logs/${name//[^a-z0-9]/-}.log
    # Four hours: what hangs must not keep the rest from being run.
    timeout --kill-after=60 14400 "$@" >"$log" 2>&1 || status=$?
    verdict=passed
    [ "$status" = 0 ] || verdict="**failed**, status $status" failed=1
    printf '%-7s %5d s  %s\n' "$([ "$status" = 0 ] && echo ok || echo FAILED)" $((SECONDS - begun)) "$name"
    [ "$status" = 0 ] || tail -n 20 "$log"
    rows+=("| $name | $verdict | $((SECONDS - begun)) s | $(gist "$log") |")
}

# gist LOG: what a command says of itself in one line: what it has counted, or else the last thing that it wrote, if anything.
#
# One program that succeeds whatever the log holds: a `grep` that finds nothing fails, and with it ended the whole script.
gist() {
    awk '/passed|unexplained|paths|same/ { counted = $0 } NF { last = $0 }
         END { said = counted == "" ? last : counted; gsub(/\|/, "/", said); gsub(/^[ \t]+|\r/, "", said); print substr(said, 1, 120) }' "$1"
}

# table: the rows with their heading, in Markdown.
table() {
    printf '| part | result | time | it says |\n| --- | --- | --- | --- |\n'
    printf '%s\n' "${rows[@]}"
}
