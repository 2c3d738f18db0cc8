/* deployer/states.h -- the state machines of the store as a document. */
#ifndef STATES_H
#define STATES_H

/* docs/states.md, from the same tables that the programs move rows by. The
 * caller's to free. */
char *states_format(void);

/* Prints it: `dcloud-deployer states`, which needs no configuration. The exit
 * status. */
int states_print(void);

#endif
