#!/bin/bash
# tests/integration/21-kill.sh -- kill -9 of daemons and jobs in mid-push.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
plan 70
platform_up
hello_app hello start
text=start
ok "the first push succeeds" dcloud push

# A buildscript and a postinstall that last long enough to be killed in.
cat >>builder <<'END'
i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done
END

for state in preparing building snapshotting; do
	crash_push "builder while $state" "$(newest builds $state)" \
	    "$(pid_of builder)"
done
crash_push "build job while building" "$(newest builds building)" \
    ' -j build '
crash_push "build job while snapshotting" "$(newest builds snapshotting)" \
    ' -j build '

for state in building initializing installing probing switching; do
	crash_push "deployer while $state" "$(newest deployments $state)" \
	    "$(pid_of deployer)"
done
for state in creating installing launching; do
	crash_push "deployer, instance $state" "$(newest instances $state)" \
	    "$(pid_of deployer)"
	crash_push "start job, instance $state" "$(newest instances $state)" \
	    ' -j start '
done
crash_push "deployer, instance draining" \
    "SELECT 1 FROM instances WHERE state = 'draining'" "$(pid_of deployer)"
crash_push "retire job" \
    "SELECT 1 FROM instances WHERE state = 'draining'" ' -j retire '
for state in building probing switching; do
	crash_push "deployment job while $state" \
	    "$(newest deployments $state)" ' -j deployment '
done
ok "a push after all this" dcloud push
