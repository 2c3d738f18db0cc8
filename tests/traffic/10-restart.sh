# tests/traffic/10-restart.sh -- suspend and resume, instances that are started
# again: one of two, all of a service.
# shellcheck shell=bash

# up: how many instances of www serve.
up() {
	db "SELECT count(*) FROM instances i JOIN services s
	    ON s.id = i.service_id WHERE s.name = 'www' AND i.state = 'up'"
}
# times: how often an instance has been started again.
times() {
	db "SELECT count(*) FROM events WHERE thing = 'instance'
	    AND from_state = 'restarting' AND to_state = 'up'"
}
is_back() { [ "$(times)" -gt "$1" ] && [ "$(up)" -ge 2 ]; }

restart() {
	local before
	before=$(times)
	dcloud restart www.0 && wait_until 60 is_back "$before"
}
suspend() { dcloud suspend --for 30 && dcloud resume; }
restart_suspended() {
	dcloud restart --suspended www --for 120 && dcloud resume www
}

during "suspend and resume" suspend
during "restart of one of two instances" restart
[ "$form" = quick ] || during "restart --suspended of both" restart_suspended
