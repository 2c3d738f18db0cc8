# tests/traffic/04-scaling.sh -- more instances, fewer, more memory, variables.
# shellcheck shell=bash

during "scale www=4" dcloud scale www=4
during "scale www:memory=300M" dcloud scale www:memory=300M
during "scale www=2" dcloud scale www=2
during "env set" dcloud env set COLOR=blue
