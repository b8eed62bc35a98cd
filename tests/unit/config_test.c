/* SPDX-License-Identifier: Apache-2.0 */
/* server/monitor: the configuration file, and addresses. */
#include "server/monitor/config.h"
#include "server/monitor/listen.h"
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/config_test.XXXXXX";
static config c;
static char error[CONFIG_ERROR_MAX];

static cot_status load(const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    error[0] = '\0';
    return config_load(&c, path, error);
}

static void an_empty_file_gives_the_defaults(void **state)
{
    (void)state;
    assert_int_equal(load(""), COT_OK);
    assert_string_equal(c.data, "/var/lib/cotter");
    assert_string_equal(c.http.text, "127.0.0.1:8080");
    assert_string_equal(c.coap[0].text, ""); /* NoSec is off unless configured */
    assert_string_equal(c.coaps[0].text, "0.0.0.0:5684");
    assert_true(c.workers >= 1);
    assert_false(c.allow_nosec);
}

static void every_key_is_read(void **state)
{
    (void)state;
    assert_int_equal(
        load("data = \"/d\";\nrun = \"/r\";\nworkers = 3;\nmax_devices = 7;\n"
             "handshakes = 9;\ncoap = [ \"127.0.0.1:1\", \"[::1]:2\" ];\n"
             "coaps = [ \"0.0.0.0:3\" ];\nallow_nosec = false;\n"
             "public_uri = \"coaps://x:1\";\nhttp = \"127.0.0.1:4\";\nhttp_unix = \"/s\";\n"
             "registration = { lifetime_min = 10; lifetime_max = 20; };\n"
             "users = { group = \"root\"; net = \"root\"; keys = \"daemon\"; hub = \"bin\"; "
             "http = \"nobody\"; };\n"),
        COT_OK);
    assert_string_equal(c.coap[1].text, "[::1]:2");
    assert_string_equal(c.coap[2].text, "");
    assert_string_equal(c.users[IPC_HTTP], "nobody");
    assert_int_equal(c.lifetime_min, 10);
    assert_int_equal(c.workers, 3);
}

/* One line that names file, line and key. */
static void errors_name_file_line_and_key(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *want; /* behind the file's name */
    } bad[] = {
        {"\n\nworker = 2;\n", ":3: worker: there is no such key"},
        {"workers = 0;\n", ":1: workers: must be from 1 to 64"},
        {"workers = \"2\";\n", ":1: workers: must be a number"},
        {"\ndata = 7;\n", ":2: data: must be a text in double quotes"},
        {"data = \"var\";\n", ":1: data: must be an absolute path"},
        {"coap = \"127.0.0.1:5683\";\n", ":1: coap: must be a list like [ \"127.0.0.1:5684\" ]"},
        {"\n\n\ncoap = [ \"127.0.0.1\" ];\n",
         ":4: coap: is no address like \"127.0.0.1:5684\" or \"[::1]:5684\""},
        {"\ncoap = [ \"0.0.0.0:5683\" ];\n",
         ":2: coap: plain CoAP off loopback needs allow_nosec = true"},
        {"http = \"0.0.0.0:80\";\n", ":1: http: plain HTTP is for loopback only; use https"},
        {"https = { listen = \"0.0.0.0:443\"; };\n",
         ":1: https.listen: needs https.certificate and https.key"},
        {"\nhttps = {\n  port = 4;\n};\n", ":3: https.port: there is no such key"},
        {"tls = { };\n", ":1: tls: there is no such group"},
        {"registration = { lifetime_min = 9; lifetime_max = 8; };\n",
         ":1: registration.lifetime_min: is above registration.lifetime_max"},
        {"allow_nosec = 1;\n", ":1: allow_nosec: must be true or false"},
        {"workers 3;\n", ":1: syntax error"},
        {"client_ca = \"/nonexistent\";\n",
         ":1: client_ca: cannot be read: No such file or directory"},
        {"\nclient_ca = \"/etc/passwd\";\n", ":2: client_ca: holds no PEM CERTIFICATE"},
        {"https = {\n certificate = \"/etc/passwd\"; };\n",
         ":2: https.certificate: holds no PEM CERTIFICATE"},
        {"public_uri = \"xyz\";\n", ":1: public_uri: must begin with coaps:// or coap://"},
        {"users = { net = \"nobody-here\"; };\n", ":1: users.net: there is no such user"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(load(bad[i].text), COT_E_MALFORMED);
        assert_memory_equal(error, path, strlen(path));
        if (strcmp(error + strlen(path), bad[i].want) != 0)
            fail_msg("%s: %s", bad[i].text, error);
    }
    assert_int_equal(config_load(&c, "/nowhere/x.conf", error), COT_E_NOT_FOUND);
    assert_string_equal(error, "/nowhere/x.conf: cannot be read: No such file or directory");
}

static void nosec_off_loopback_when_allowed(void **state)
{
    (void)state;
    assert_int_equal(load("coap = [ \"0.0.0.0:5683\" ];\nallow_nosec = true;\n"), COT_OK);
}

static void addresses(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",      ":",      "1.2.3.4", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:1x",
        "[::1]", "[::1:5", "::1:5x",  "host:5",   "1.2.3:4",       "[1.2.3.4]:5"};
    listen_address a;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(listen_parse(bad[i], &a), COT_E_MALFORMED);
    assert_int_equal(listen_parse("127.9.9.9:1", &a), COT_OK);
    assert_true(listen_is_loopback(&a));
    assert_int_equal(listen_parse("128.0.0.1:1", &a), COT_OK);
    assert_false(listen_is_loopback(&a));
    assert_int_equal(listen_parse("[::1]:1", &a), COT_OK);
    assert_true(listen_is_loopback(&a));
    assert_int_equal(listen_parse("[::]:1", &a), COT_OK);
    assert_false(listen_is_loopback(&a));
}

/* The group's steering: type 25 goes to the socket that the connection ID's first byte names. */
static void datagrams_go_to_the_worker_of_their_connection_id(void **state)
{
    (void)state;
    enum { N = 4 };
    int fds[N];
    listen_address a;
    char text[ROLE_ADDRESS_MAX];
    uint8_t dgram[32] = {25, 0xfe, 0xfd, 0, 1};
    assert_int_equal(listen_parse("127.0.0.1:0", &a), COT_OK);
    assert_int_equal(listen_udp(&a, fds, N), COT_OK);
    assert_int_equal(listen_text(fds[0], text, sizeof text), COT_OK);
    assert_int_equal(listen_parse(text, &a), COT_OK);
    for (int i = 0; i < 200; i++) {
        int s = socket(AF_INET, SOCK_DGRAM, 0); /* ever-new source ports */
        dgram[11] = (uint8_t)(i % N);
        assert_int_equal(sendto(s, dgram, sizeof dgram, 0, (const struct sockaddr *)&a.sa, a.len),
                         32);
        assert_int_equal(recv(fds[i % N], dgram, sizeof dgram, 0), 32);
        dgram[11] = 77; /* a worker that is not there: some socket gets it, and it is no index */
        assert_int_equal(sendto(s, dgram, sizeof dgram, 0, (const struct sockaddr *)&a.sa, a.len),
                         32);
        dgram[0] = 22;
        assert_int_equal(sendto(s, dgram, sizeof dgram, 0, (const struct sockaddr *)&a.sa, a.len),
                         32);
        dgram[0] = 25;
        unsigned others = 0;
        for (int k = 0; k < N; k++)
            while (recv(fds[k], dgram, sizeof dgram, MSG_DONTWAIT) > 0)
                others++;
        assert_int_equal(others, 2);
        dgram[0] = 25;
        close(s);
    }
    for (int k = 0; k < N; k++)
        close(fds[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_file_gives_the_defaults),
        cmocka_unit_test(every_key_is_read),
        cmocka_unit_test(errors_name_file_line_and_key),
        cmocka_unit_test(nosec_off_loopback_when_allowed),
        cmocka_unit_test(addresses),
        cmocka_unit_test(datagrams_go_to_the_worker_of_their_connection_id),
    };
    int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)unlink(path);
    return failed;
}
