/* SPDX-License-Identifier: Apache-2.0 */
/* http's end of a channel, with the other end in the test's hands. */
#include "tests/unit/test.h"

#include "server/http/link.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECRET "a-bearer-token-of-somebody"

typedef struct world {
    loop loop;
    http_link link;
    ipc_channel peer;
    uint64_t asked; /* the id that the peer got last */
    unsigned lost;
    unsigned down;
    bool answered;
} world;

static void put_secret(const http_call *c, cot_writer *w)
{
    ipc_call call = {.id = c->id,
                     .api = IPC_API_STATUS,
                     .token = {(const uint8_t *)SECRET, strlen(SECRET)},
                     .args = {(const uint8_t *)"\xa0", 1}};
    ipc_put_call(w, &call);
}

static cot_status on_reply(http_call *c, cot_reader *body)
{
    world *w = c->ctx;
    (void)body;
    w->answered = true;
    return COT_OK;
}

static void on_lost(http_call *c, http_lost why)
{
    world *w = c->ctx;
    (void)why;
    w->lost++;
}

static void on_down(void *ctx)
{
    world *w = ctx;
    w->down++;
}

static cot_status on_asked(ipc_channel *c, ipc_type type, cot_reader *body, int fd)
{
    world *w = c->ctx;
    ipc_call call;
    (void)fd;
    assert_int_equal(type, IPC_CALL);
    assert_int_equal(ipc_get_call(body, &call), COT_OK);
    w->asked = call.id;
    return COT_OK;
}

static void connect(world *w)
{
    int fds[2];
    assert_int_equal(ipc_pair(fds), COT_OK);
    w->peer.ctx = w;
    w->peer.on_message = on_asked;
    assert_int_equal(ipc_open(&w->peer, &w->loop, fds[0], 2 * IPC_DATAGRAM_MAX), COT_OK);
    http_link_up(&w->link, fds[1]);
}

/* Let both ends work until nothing is left to do. */
static void turn(world *w)
{
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(loop_turn(&w->loop, 0), COT_OK);
    }
}

static int setup(void **state)
{
    world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    assert_int_equal(loop_init(&w->loop), COT_OK);
    http_link_init(&w->link, &w->loop, IPC_REPLY, 1);
    w->link.on_down = on_down;
    w->link.ctx = w;
    w->peer.io.fd = -1;
    connect(w);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    world *w = *state;
    http_link_free(&w->link);
    ipc_free(&w->peer);
    loop_free(&w->loop);
    free(w);
    return 0;
}

static http_call call_of(world *w)
{
    return (http_call){.type = IPC_CALL,
                       .fd = -1,
                       .deadline = w->loop.now + 10000,
                       .put = put_secret,
                       .on_reply = on_reply,
                       .on_lost = on_lost,
                       .ctx = w};
}

static bool holds(const uint8_t *buffer, size_t len)
{
    for (size_t i = 0; i + strlen(SECRET) <= len; i++) {
        if (memcmp(buffer + i, SECRET, strlen(SECRET)) == 0) {
            return true;
        }
    }
    return false;
}

static void keeps_no_secret(void **state)
{
    world *w = *state;
    http_call call = call_of(w);
    assert_int_equal(http_link_send(&w->link, &call), COT_OK);
    assert_true(holds(w->link.channel.out, 4096)); /* the test sees it while it waits */
    turn(w);
    assert_int_equal(w->asked, call.id);
    assert_false(holds(w->link.channel.out, 4096));
    ipc_reply r = {
        .id = w->asked, .status = 201, .body = {(const uint8_t *)SECRET, strlen(SECRET)}};
    ipc_put_reply(ipc_begin(&w->peer, IPC_REPLY), &r);
    assert_int_equal(ipc_end(&w->peer, -1), COT_OK);
    turn(w);
    assert_true(w->answered);
    assert_false(holds(w->link.channel.in, 4096));
}

static unsigned open_descriptors(void)
{
    unsigned n = 0;
    for (int fd = 0; fd < 256; fd++) {
        n += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    }
    return n;
}

static void closes_a_descriptor(void **state)
{
    world *w = *state;
    unsigned before = open_descriptors();
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (unsigned i = 0; i < 10; i++) {
        ipc_reply r = {.id = 77, .status = 200, .body = {(const uint8_t *)"\xa0", 1}};
        ipc_put_reply(ipc_begin(&w->peer, IPC_REPLY), &r);
        assert_int_equal(ipc_end(&w->peer, fd), COT_OK);
        turn(w);
    }
    (void)close(fd);
    assert_int_equal(open_descriptors(), before);
    assert_true(ipc_is_open(&w->link.channel));
}

/* A channel that ends is reported; one that a newer one replaces is not. What was sent goes out again. */
static void says_when_the_peer_is_lost(void **state)
{
    world *w = *state;
    http_call call = call_of(w);
    http_call live = call_of(w);
    live.live = true;
    assert_int_equal(http_link_send(&w->link, &call), COT_OK);
    assert_int_equal(http_link_send(&w->link, &live), COT_OK);
    turn(w);
    ipc_close(&w->peer);
    turn(w);
    assert_int_equal(w->down, 1);
    assert_int_equal(w->lost, 1); /* the live one */
    w->asked = 0;
    connect(w);
    turn(w);
    assert_int_equal(w->asked, call.id);
    ipc_close(&w->peer);
    connect(w);
    assert_int_equal(w->down, 1);
    http_link_drop(&w->link, &call);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_no_secret, setup, teardown),
        cmocka_unit_test_setup_teardown(closes_a_descriptor, setup, teardown),
        cmocka_unit_test_setup_teardown(says_when_the_peer_is_lost, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
