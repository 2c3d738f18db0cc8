/* common/base/limits.h -- every limit a stranger can meet, in one place. */
#ifndef DC_LIMITS_H
#define DC_LIMITS_H

/* Names. SERVICE-APP-USER is one label of a host name: 63 bytes at most */
#define DC_MAX_APP_NAME 25       /* bytes, [a-z0-9]                          */
#define DC_MAX_USER_NAME 20      /* bytes, [a-z0-9]                          */
#define DC_MAX_SERVICE_NAME 16   /* bytes, [a-z0-9_]: CONTRACT 1.4           */
#define DC_MAX_SERVICES 64       /* per application                          */
#define DC_MAX_INSTANCES 64      /* per service                              */
#define DC_MAX_APP_INSTANCES 200 /* of one version of an application */
#define DC_MAX_WORKERS 64        /* per instance                             */
#define DC_MAX_PORTS 16          /* per service                              */
#define DC_MAX_INSTANCE_PORTS 18 /* those, the type's own and ssh */
#define DC_MAX_PUBLIC_PORTS 512  /* tcp and udp, of all instances of an app */
#define DC_MAX_CERTIFICATE 65536 /* bytes of a chain, and of a key          */
#define DC_MAX_PAGE 65536        /* bytes of a maintenance page              */
#define DC_MAX_CHAIN 8           /* certificates                             */
#define DC_MAX_DOMAINS 100       /* of one's own, per application           */
#define DC_MAX_PROCESSES 32      /* per service                              */

/* The build file */
#define DC_MAX_BUILDFILE (1 << 20) /* bytes                                */
#define DC_MAX_YAML_DEPTH 64
#define DC_MAX_YAML_NODES 100000  /* after aliases are expanded             */
#define DC_MAX_YAML_KEYS 1024     /* of one dictionary                    */
#define DC_MAX_PACKAGES 200       /* systempackages of a service           */
#define DC_MAX_PACKAGE_NAME 128   /* bytes, with :arch and =version         */
#define DC_MAX_KEY_NAME 64        /* bytes: a port, process or variable       */
#define DC_MAX_VARIABLE 100000    /* bytes of one; execve refuses 128 KiB     */
#define DC_MAX_SERVICE_ENV 512000 /* bytes of all SERVICE_* of a service    */

/* API */
#define DC_MAX_BODY (1 << 20) /* bytes of a request                        */
#define DC_MAX_VARIABLES 256  /* per application                           */

/* Front door */
#define DC_MAX_JOBS 96                /* requests being answered             */
#define DC_MAX_STREAMS 48             /* of them, log streams                */
#define DC_MAX_ACCOUNT_STREAMS 12     /* of one account                      */
#define DC_MAX_WAITS 24               /* that wait for the deployer          */
#define DC_MAX_ACCOUNT_WAITS 12       /* of one account                      */
#define DC_MAX_VARIABLE_NAME 128      /* bytes                               */
#define DC_MAX_KEY 16384              /* bytes of a public key's base64      */
#define DC_MAX_KEYS 64                /* per account                         */
#define DC_MAX_PASSWORD 1024          /* bytes                               */
#define DC_MAX_APPLICATIONS 100       /* per account                         */
#define DC_MAX_COLLABORATORS 64       /* per application                     */
#define DC_MAX_TOKENS 64              /* log-ins of an account               */
#define DC_MAX_MACHINE 64             /* bytes of a machine's name           */
#define DC_MAX_GIT_PUSH (1LL << 30)   /* bytes of one pack               */
#define DC_MAX_TREE_BYTES (4LL << 30) /* of one revision                 */
#define DC_MAX_TREE_FILES 200000      /* of one revision                 */
#define DC_MAX_TREE_DEPTH 128         /* directories in each other       */

/* Logs of a deployment: the middle of a longer one is dropped */
#define DC_MAX_LOG_LINE 8192          /* bytes                         */
#define DC_MAX_LOG_BYTES (16LL << 20) /* per deployment and service  */

/* Time, in seconds */
#define DC_BUILD_SECONDS 900       /* CONTRACT 1.6 */
#define DC_POSTINSTALL_SECONDS 600 /* CONTRACT 1.6 */
#define DC_PROBE_SECONDS 60        /* CONTRACT A   */
#define DC_STOP_SECONDS 10         /* SIGTERM to SIGKILL, while others wait */
#define DC_STOP_MAX_SECONDS 120    /* the same otherwise: see stopwaitsecs */
#define DC_HOLD_DRAIN_SECONDS 10   /* drain_seconds, while others wait */
#define DC_HOLD_SECONDS 30         /* more than all steps may take together */
#define DC_REPLACE_SECONDS 70 /* an ill instance, doubled; a request has 60 */
#define DC_MIGRATE_SECONDS 60 /* `migrate:`, unless it says otherwise */
#define DC_MAX_MIGRATE_SECONDS 600
#define DC_SUSPEND_SECONDS 60 /* dcloud suspend, the same */
#define DC_MAX_SUSPEND_SECONDS 600
#define DC_LEASE_SECONDS 30

/* Containers */
#define DC_RANGE_IDS 65536L             /* uids and gids per application */
#define DC_DEFAULT_MEMORY (512LL << 20) /* bytes, an instance     */
#define DC_BUILD_MEMORY (2048LL << 20)  /* bytes, a build         */
#define DC_BUILD_CPU_SHARES 256         /* what serves has 1024 each */
#define DC_BOX_PIDS 1024                /* processes and threads  */
#define DC_APP_UID 1000                 /* dotcloud, in the container */

/* $HOME after a build */
#define DC_MAX_HOME_BYTES (8LL << 30)
#define DC_MAX_HOME_ENTRIES 1000000LL
#define DC_MAX_FILE_ATTRS (256 << 10) /* bytes; a tar has to hold them */
#define DC_MAX_HOME_ATTRS (64 << 20)  /* bytes; in memory when restored */

/* Free space that no upload and no build may take: see room.h */
#define DC_DISK_RESERVE (1LL << 30) /* bytes                      */
#define DC_INODE_RESERVE 50000
#define DC_DISK_RESERVE_PERCENT 5 /* when that is less            */
#define DC_TOKEN_DAYS 30          /* a log-in */
#define DC_REFRESH_DAYS 90        /* then its renewal without a password */
/* Kept */
#define DC_KEPT_SNAPSHOTS 10 /* per service, CONTRACT A */
#define DC_KEPT_REVISIONS 10 /* uploads, per application */
#define DC_KEPT_ACTIVITY_DAYS 365

#endif
