#!/bin/sh
# A second process: its own log, started and stopped by its own name. With exec
# the signal that ends it reaches the program, not this shell.
echo "goodbye is up"
exec tail -f /dev/null
