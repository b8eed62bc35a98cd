/* SPDX-License-Identifier: Apache-2.0 */
/* cotter-sim's command line. */
#ifndef COTTER_SIM_OPTIONS_H
#define COTTER_SIM_OPTIONS_H

#include "sim/fleet.h"

#include <stdbool.h>

typedef struct sim_options {
    const char *uri;
    const char *mode;
    const char *fleet;
    const char *key_file;
    const char *ca;
    const char *server_cert;
    const char *api;
    const char *token_file;
    const char *group;
    const char *report;
    const char *get;
    const char *load;
    unsigned long echo;
    unsigned long duration;
    unsigned long rounds;
    bool secure; /* coaps:// */
    bool json;
    bool stay;
    sim_fleet_config fleet_config;
} sim_options;

/* Defaults, then the command line. False, with a line on stderr, when it makes no sense: exit 2.
 * --help and --version print and exit. */
bool sim_options_parse(sim_options *o, int argc, char **argv);

/* The credentials that the options ask for; o->fleet_config.credentials is `c` or NULL. False with a
 * line on stderr. */
bool sim_options_credentials(sim_options *o, sim_credentials *c);

#endif
