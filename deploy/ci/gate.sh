#!/bin/sh
# The gate, in whatever CI: have footfall, bring the history back, run the gate, keep report and history, exit with the verdict.
#
#   sh deploy/ci/gate.sh [OPTION OF `footfall gate`]...
#
# What may be set in the environment:
#   FOOTFALL_SUITE      the folder that holds footfall.toml (.)
#   FOOTFALL_PACKAGE    what pip installs where there is no `footfall` command yet, in pip's words (footfall)
#   FOOTFALL_VENV       the environment that it is installed into (.footfall-venv)
#   FOOTFALL_HISTORY    the folder that your CI keeps from one run to the next (.footfall-history)
#   FOOTFALL_KEEP_RUNS  how many runs of history are kept (200; in a store of your own all, unless this is set: others may write there)
#   FOOTFALL_REPORTS    what else `footfall report` writes: trends -f codequality -f openmetrics ()
#   FOOTFALL_STORE      a store's address, PostgreSQL or SQLite: the history is there then, and the folder is not used
#
# Exit code: that of `footfall gate` (0 passed, 1 failed, 2 something is written wrong, 3 could not judge, 70 footfall's own fault).
set -eu

note() { printf 'gate.sh: %s\n' "$1" >&2; }

# A folder named by its whole path, made if it is not there.
whole() { mkdir -p "$1" && (cd "$1" && pwd); }

have_footfall() {
    command -v footfall > /dev/null && return
    environment=$(whole "${FOOTFALL_VENV:-.footfall-venv}")
    note "installing ${FOOTFALL_PACKAGE:-footfall} into $environment"
    "${PYTHON:-python3}" -m venv "$environment"
    # shellcheck disable=SC2086  # pip's words are several
    "$environment/bin/pip" install --quiet --disable-pip-version-check ${FOOTFALL_PACKAGE:-footfall}
    PATH=$environment/bin:$PATH
}

bring_history_back() {
    [ -f "$kept/history.db" ] || return 0
    mkdir -p .footfall
    cp "$kept/history.db" .footfall/history.db
    if ! footfall history list --last 1 > /dev/null; then
        note "the kept history cannot be read and is begun anew; the old one stays in $(pwd)/.footfall/history.db.unreadable"
        mv .footfall/history.db .footfall/history.db.unreadable
        rm -f .footfall/history.db-*
    fi
}

# Whole or not at all: another build may read it at this moment.
keep_history() {
    if [ -n "${FOOTFALL_STORE:-}" ]; then
        [ -z "${FOOTFALL_KEEP_RUNS:-}" ] || footfall history prune --keep "$FOOTFALL_KEEP_RUNS" >&2 || true
        return 0
    fi
    [ -f .footfall/history.db ] || return 0
    footfall history prune --keep "${FOOTFALL_KEEP_RUNS:-200}" >&2 || return 0
    cp .footfall/history.db "$kept/.history.db.$$"
    mv "$kept/.history.db.$$" "$kept/history.db"
}

# GitHub's step summary and annotations are the gate's own and are not told twice.
write_more_reports() {
    [ -n "${FOOTFALL_REPORTS:-}" ] && [ -f out/latest/verdicts.json ] || return 0
    # shellcheck disable=SC2086  # names and options are several
    GITHUB_ACTIONS='' footfall report ${FOOTFALL_REPORTS} > /dev/null || note "the other reports could not be written"
}

tell_next_steps() {
    [ -n "${GITHUB_OUTPUT:-}" ] || return 0
    printf 'exit-code=%s\n' "$1" >> "$GITHUB_OUTPUT"
    printf 'report=%s\n' "$(pwd)/out/latest" >> "$GITHUB_OUTPUT"
}

have_footfall
kept=$(whole "${FOOTFALL_HISTORY:-.footfall-history}")
cd "${FOOTFALL_SUITE:-.}"
[ -n "${FOOTFALL_STORE:-}" ] || bring_history_back
rm -rf out/latest # so that nobody takes an earlier build's report for this one's
footfall doctor browser --install >&2 || true # the gate itself says what it cannot do without a browser

code=0
footfall gate "$@" || code=$?
write_more_reports
keep_history
tell_next_steps "$code"
exit "$code"
