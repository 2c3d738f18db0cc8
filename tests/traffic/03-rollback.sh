# tests/traffic/03-rollback.sh -- back to the version before, and forward.
# shellcheck shell=bash

during "push of a version to leave" push_version good
during "push of a version to come back from" push_version bad
during "deploy previous" dcloud deploy previous
during "deploy latest" dcloud deploy latest
