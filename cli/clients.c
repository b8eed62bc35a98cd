/* SPDX-License-Identifier: Apache-2.0 */
/* Ready command lines: how the device of some credentials is started with well-known clients. Keys are named by the
 * files that they lie in, so that none appears on the screen. */
#include "cli/credentials.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void print_psk(const cli_credentials *k, const char *file)
{
    const char *host = strstr(k->server, "://") + 3;
    const char *port = strrchr(host, ':');
    char key[600];
    (void)snprintf(key, sizeof key, "$(sed -n 's/^psk_key = //p' '%s')", file);
    (void)printf(
        "Leshan's client\n  java -jar leshan-client-demo.jar -n '%s' -u %s -i '%s' -p \"%s\"\n",
        k->endpoint, k->server, k->endpoint, key);
    (void)printf(
        "Wakaama (built with DTLS)\n  lwm2mclient -4 -n '%s' -h %.*s -p %s -i '%s' -s \"%s\"\n",
        k->endpoint, (int)(port != NULL ? port - host : (long)strlen(host)), host,
        port != NULL ? port + 1 : "5684", k->endpoint, key);
    (void)printf(
        "Anjay's demo\n  demo --endpoint-name '%s' --server-uri %s --security-mode psk \\\n"
        "    --identity \"$(printf %%s '%s' | xxd -p -c 256)\" --key \"%s\"\n",
        k->endpoint, k->server, k->endpoint, key);
    (void)printf("Zephyr's lwm2m_client\n"
                 "  west build -b native_sim samples/net/lwm2m_client -- "
                 "-DEXTRA_CONF_FILE=overlay-dtls.conf \\\n"
                 "    -DCONFIG_LWM2M_APP_SERVER='\"%s\"' -DCONFIG_LWM2M_APP_ID='\"%s\"' \\\n"
                 "    -DCONFIG_LWM2M_APP_PSK=\"\\\"%s\\\"\"\n",
                 k->server, k->endpoint, key);
}

static void print_nosec(const cli_credentials *k)
{
    const char *host = strstr(k->server, "://") + 3;
    const char *port = strrchr(host, ':');
    (void)printf("Leshan's client\n  java -jar leshan-client-demo.jar -n '%s' -u %s\n", k->endpoint,
                 host);
    (void)printf("Wakaama\n  lwm2mclient -4 -n '%s' -h %.*s -p %s\n", k->endpoint,
                 (int)(port != NULL ? port - host : (long)strlen(host)), host,
                 port != NULL ? port + 1 : "5683");
    (void)printf("Anjay's demo\n  demo --endpoint-name '%s' --server-uri %s\n", k->endpoint,
                 k->server);
    (void)printf(
        "Zephyr's lwm2m_client\n  west build -b native_sim samples/net/lwm2m_client -- \\\n"
        "    -DCONFIG_LWM2M_APP_SERVER='\"%s\"' -DCONFIG_LWM2M_APP_ID='\"%s\"'\n",
        k->server, k->endpoint);
}

static void print_files(const cli_credentials *k, const char *dir)
{
    if (dir == NULL) {
        (void)puts("Leshan, Anjay, Zephyr\n  they take key files: add the device with --der DIR to "
                   "have them");
        return;
    }
    if (strcmp(k->mode, "rpk") == 0) {
        (void)printf("Leshan's client\n  java -jar leshan-client-demo.jar -n '%s' -u %s -cpubk "
                     "'%s/public.der' "
                     "\\\n    -cprik '%s/key.der' -spubk '%s/server-public.der'\n",
                     k->endpoint, k->server, dir, dir, dir);
        (void)puts("Wakaama, Anjay, Zephyr\n  they have no raw public keys: use --psk or --x509");
        return;
    }
    (void)printf("Leshan's client\n  java -jar leshan-client-demo.jar -n '%s' -u %s -ccert "
                 "'%s/certificate.der' "
                 "\\\n    -cprik '%s/key.der' -scert '%s/server.der'\n",
                 k->endpoint, k->server, dir, dir, dir);
    (void)printf(
        "Anjay's demo\n  demo --endpoint-name '%s' --server-uri %s --security-mode cert \\\n"
        "    --client-cert-file '%s/certificate.der' --key-file '%s/key.der' "
        "--server-public-key-file '%s/server.der'\n",
        k->endpoint, k->server, dir, dir, dir);
    (void)printf("Zephyr's lwm2m_client\n  add certificate.der, key.der and server.der from '%s' "
                 "as credentials "
                 "of CONFIG_LWM2M_APP_TLS_TAG\n",
                 dir);
    (void)puts("Wakaama\n  it has no certificates: use --psk");
}

static bool is_in_path(const char *program)
{
    char file[PATH_MAX];
    const char *dirs = getenv("PATH");
    while (dirs != NULL && *dirs != '\0') {
        size_t n = strcspn(dirs, ":");
        (void)snprintf(file, sizeof file, "%.*s/%s", (int)n, dirs, program);
        if (access(file, X_OK) == 0) {
            return true;
        }
        dirs += n + (dirs[n] == ':' ? 1 : 0);
    }
    return false;
}

/* Where cotter-device is: in the PATH, beside this program, or beside it in a build folder. */
static const char *device_program(char out[static PATH_MAX])
{
    static const char *const places[] = {"", "../examples/"};
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(self, '/');
    if (is_in_path("cotter-device") || slash == NULL) {
        return "cotter-device";
    }
    slash[1] = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char near[PATH_MAX];
        (void)snprintf(near, sizeof near, "%.3000s%scotter-device", self, places[i]);
        if (access(near, X_OK) == 0 && realpath(near, out) != NULL) {
            return out;
        }
    }
    return "cotter-device";
}

void cli_credentials_print(const cli_credentials *k, const char *file, const char *dir)
{
    char program[PATH_MAX];
    (void)printf(
        "cotter-device (with --anchor FILE.pub of `cotter release keygen` it takes updates)\n"
        "  %s --state '%s.state' '%s'\n",
        device_program(program), k->endpoint, file);
    if (strcmp(k->mode, "psk") == 0) {
        print_psk(k, file);
    } else if (strcmp(k->mode, "nosec") == 0) {
        print_nosec(k);
    } else {
        print_files(k, dir);
    }
}
