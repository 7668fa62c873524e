# What tests in shell share: a check is a command, and one line says whether it held. To be sourced, by bash.
#
# A check that cannot fail is worse than none, so:
#
# - The command runs in a subshell of its own with `set -e`: a function ends at its first failing command. Bash forgets `set -e`
#   in whatever stands after `if`, `!` or before `&&` and `||`, however deep; so nothing here runs a check's command there, and
#   `check` ends a script that calls it there.
# - Two texts are equal only where there is something in them (`equal`): two commands that both fail print the same.
# - A script whose checks were all left out has not passed (`verdict`).
#
# `logs` must name a folder. `tests/lib/checks-test` holds this file to its word.
# shellcheck shell=bash
set -euo pipefail
shopt -s inherit_errexit

passed=0 failed=0

# check NAME COMMAND ...: runs it, says and counts how it ended; the end of its output is shown where it failed.
check() {
    local name=$1 begun=$SECONDS status
    shift
    set +e
    (
        set -e
        false
        exit 99
    )
    if [ $? = 99 ]; then
        echo "error: \`check $name\` stands in a condition, where bash forgets \`set -e\`" >&2
        exit 2
    fi
    (
        set -e
        "$@"
    ) >"$logs/check.log" 2>&1
    status=$?
    set -e
    if [ "$status" = 0 ]; then
        passed=$((passed + 1))
        printf 'ok      %4d s  %s\n' $((SECONDS - begun)) "$name"
    else
        failed=$((failed + 1))
        printf 'FAILED  %4d s  %s (status %d)\n' $((SECONDS - begun)) "$name" "$status"
        tail -n 30 "$logs/check.log"
    fi
}

# Ends a script: prints how many checks held, and fails where one did not, or where there was none.
verdict() {
    printf '\n%d passed, %d failed\n' "$passed" "$failed"
    [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}

# Runs a command; its status and everything that it says are in `status` and `output` of the caller.
_run() {
    set +e
    output=$(
        set -e
        "$@" 2>&1
    )
    status=$?
    set -e
    printf '%s\n' "$output"
}

# holds TEXT: the output has it, wherever lines are broken.
_holds() {
    local flat
    flat=$(tr -s '\n ' '  ' <<<"$output")
    [[ $flat == *"$1"* ]] || {
        printf 'it does not say: %s\n' "$1"
        return 1
    }
}

# says TEXT COMMAND ...: it succeeds and says the text.
says() {
    local text=$1 output status
    shift
    _run "$@"
    [ "$status" = 0 ]
    _holds "$text"
}

# prints LINE COMMAND ...: it succeeds, and the text is a whole line of what it says.
prints() {
    local line=$1 output status
    shift
    _run "$@"
    [ "$status" = 0 ]
    grep -Fxq -- "$line" <<<"$output"
}

# refuses STATUS TEXT COMMAND ...: it ends with this status (`any`: any but 0) and says the text.
refuses() {
    local wanted=$1 text=$2 output status
    shift 2
    _run "$@"
    if [ "$wanted" = any ]; then
        [ "$status" != 0 ]
    else
        [ "$status" = "$wanted" ] || {
            printf 'its status is %d, expected %d\n' "$status" "$wanted"
            return 1
        }
    fi
    _holds "$text"
}

# equal ONE OTHER: two texts are the same, and are not empty.
equal() {
    printf '%s\n%s\n' "$1" "$2"
    [ -n "$1" ] && [ "$1" = "$2" ]
}

# nothing COMMAND ...: it succeeds and prints nothing on standard output.
nothing() {
    local output
    output=$("$@")
    printf '%s\n' "$output"
    [ -z "$output" ]
}
