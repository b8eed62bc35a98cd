/* SPDX-License-Identifier: Apache-2.0 */
/* cotterd: the monitor, which executes this program again as each of its roles. */
#include "server/monitor/monitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_CONFIG "/etc/cotter/cotterd.conf"

static const char help[] =
    "cotterd - LwM2M server that keeps a fleet of devices locked down\n"
    "\n"
    "  cotterd [--config FILE]   run in the foreground; log lines on stderr\n"
    "  cotterd --check-config    say whether the configuration is right, and end\n"
    "  cotterd --version\n"
    "  cotterd --help\n"
    "\n"
    "  --config FILE    default " DEFAULT_CONFIG "\n"
    "  --foreground     accepted; cotterd never goes to the background\n"
    "\n"
    "Exit status: 0 stopped by SIGTERM or SIGINT; 1 a process could not be kept running;\n"
    "2 wrong usage or configuration (one line says file, line and key).\n";

/* cotterd --role NAME INDEX CHANGE UID GID, with the monitor's descriptors 3..6. */
static int run_role(char **argv)
{
    static const struct {
        const char *name;
        int (*main)(role_env *);
    } roles[] = {
        [IPC_NET] = {"net", net_main},
        [IPC_KEYS] = {"keys", keys_main},
        [IPC_HUB] = {"hub", hub_main},
        [IPC_HTTP] = {"http", http_main},
    };
    static role_env env;
    char name[16];
    size_t role = IPC_NET;
    while (role <= IPC_HTTP && strcmp(roles[role].name, argv[0]) != 0)
        role++;
    if (role > IPC_HTTP)
        return 2;
    (void)snprintf(name, sizeof name, role == IPC_NET ? "net.%.3s" : "%s",
                   role == IPC_NET ? argv[1] : argv[0]);
    log_name(name);
    sandbox_identity id = {.change = argv[2][0] == '1',
                           .uid = (uint32_t)strtoul(argv[3], NULL, 10),
                           .gid = (uint32_t)strtoul(argv[4], NULL, 10),
                           .root = MONITOR_ROOT_FD};
    const char *what = "";
    cot_status s = sandbox_enter((sandbox_role)role, &id, &what);
    if (s != COT_OK) {
        log_line("error", "sandbox.enter_failed", "step=\"%s\"", what);
        return 1;
    }
    (void)close(MONITOR_ROOT_FD);
    s = role_receive(&env, MONITOR_CHANNEL_FD);
    if (s != COT_OK || env.config.role != role) {
        log_line("error", "role.start_failed", "status=%d", s);
        return 1;
    }
    return roles[role].main(&env);
}

static int check_config(const char *file)
{
    static config c;
    char error[CONFIG_ERROR_MAX];
    if (config_load(&c, file, error) != COT_OK) {
        (void)fprintf(stderr, "cotterd: %s\n", error);
        return 2;
    }
    (void)printf("%s: right\n", file);
    return 0;
}

int main(int argc, char **argv)
{
    static monitor m;
    const char *file = DEFAULT_CONFIG;
    bool check = false;
    if (argc == 7 && strcmp(argv[1], "--role") == 0)
        return run_role(argv + 2);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            (void)fputs(help, stdout);
            return 0;
        }
        if (strcmp(argv[i], "--version") == 0) {
            (void)puts("cotterd " COTTER_VERSION);
            return 0;
        }
        if (strcmp(argv[i], "--check-config") == 0) {
            check = true;
        } else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
            file = argv[++i];
        } else if (strcmp(argv[i], "--foreground") != 0) {
            (void)fprintf(stderr, "cotterd: unknown argument %s; see cotterd --help\n", argv[i]);
            return 2;
        }
    }
    return check ? check_config(file) : monitor_run(&m, file, COTTER_VERSION);
}
