/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for a role whose folder is not in this tree: says so and fails. */
#include "server/role.h"

static int missing(role_env *env)
{
    role_failed(env, "this build of cotterd has no such role");
    return 2;
}

#ifdef COTTER_WITHOUT_net
int net_main(role_env *env)
{
    return missing(env);
}
#endif
#ifdef COTTER_WITHOUT_keys
int keys_main(role_env *env)
{
    return missing(env);
}
#endif
#ifdef COTTER_WITHOUT_hub
int hub_main(role_env *env)
{
    return missing(env);
}
#endif
#ifdef COTTER_WITHOUT_http
int http_main(role_env *env)
{
    return missing(env);
}
#endif
