/* SPDX-License-Identifier: Apache-2.0 */
/* server/ipc/ipc.c: channels. */
#include "server/ipc/ipc.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct side {
    ipc_channel ch;
    uint64_t next; /* the id that must come next */
    unsigned count;
    unsigned closed;
    int fd;
    cot_status verdict;
} side;

static loop l;
static side a;
static side b;

static cot_status on_message(ipc_channel *c, ipc_type type, cot_reader *body, int fd)
{
    side *s = c->ctx;
    ipc_answer m;
    assert_int_equal(type, IPC_ANSWER);
    assert_int_equal(ipc_get_answer(body, &m), COT_OK);
    assert_int_equal(m.id, s->next);
    s->next++;
    s->count++;
    if (fd >= 0)
        s->fd = fd;
    return s->verdict;
}

static cot_status takes_all(ipc_channel *c, ipc_type type, cot_reader *body, int fd)
{
    (void)c;
    (void)type;
    (void)body;
    (void)fd;
    return COT_OK;
}

static void on_closed(ipc_channel *c)
{
    ((side *)c->ctx)->closed++;
}

static int setup(void **state)
{
    (void)state;
    int fds[2];
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    a.fd = b.fd = -1;
    assert_int_equal(loop_init(&l), COT_OK);
    assert_int_equal(ipc_pair(fds), COT_OK);
    side *sides[2] = {&a, &b};
    for (int i = 0; i < 2; i++) {
        sides[i]->ch.on_message = on_message;
        sides[i]->ch.on_closed = on_closed;
        sides[i]->ch.ctx = sides[i];
        assert_int_equal(ipc_open(&sides[i]->ch, &l, fds[i], 2 * IPC_DATAGRAM_MAX), COT_OK);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ipc_free(&a.ch);
    ipc_free(&b.ch);
    loop_free(&l);
    return 0;
}

static cot_status send_id(side *s, uint64_t id, int fd)
{
    ipc_answer m = {.id = id, .code = 0x41};
    ipc_put_answer(ipc_begin(&s->ch, IPC_ANSWER), &m);
    return ipc_end(&s->ch, fd);
}

static void turns(int n)
{
    while (n-- > 0)
        assert_int_equal(loop_turn(&l, 0), COT_OK);
}

static void messages_of_a_turn_share_a_datagram(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 100; i++)
        assert_int_equal(send_id(&a, i, -1), COT_OK);
    ipc_flush(&a.ch);
    uint8_t buf[IPC_DATAGRAM_MAX];
    ssize_t n = recv(b.ch.io.fd, buf, sizeof buf, MSG_DONTWAIT);
    assert_int_equal(n, 100 * (IPC_HEADER + 9));
    assert_int_equal(recv(b.ch.io.fd, buf, sizeof buf, MSG_DONTWAIT), -1);
}

static void all_arrive_in_order_through_a_full_kernel_queue(void **state)
{
    (void)state;
    uint64_t sent = 0;
    while (sent < 200000) {
        cot_status s = send_id(&a, sent, -1);
        if (s == COT_E_LIMIT) {
            turns(1);
            continue;
        }
        assert_int_equal(s, COT_OK);
        sent++;
    }
    for (int i = 0; i < 1000 && b.next < sent; i++)
        turns(1);
    assert_int_equal(b.next, sent);
    assert_int_equal(a.ch.out_head, a.ch.out_tail);
}

static void a_full_queue_queues_nothing(void **state)
{
    (void)state;
    uint64_t sent = 0;
    while (send_id(&a, sent, -1) == COT_OK)
        sent++;
    assert_int_equal(send_id(&a, sent, -1), COT_E_LIMIT);
    for (int i = 0; i < 100 && b.next < sent; i++)
        turns(1);
    assert_int_equal(b.next, sent);
    assert_int_equal(send_id(&a, sent, -1), COT_OK);
    turns(2);
    assert_int_equal(b.next, sent + 1);
}

static void a_descriptor_stays_with_its_message(void **state)
{
    (void)state;
    int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct stat want;
    struct stat got;
    assert_int_equal(fstat(file, &want), 0);
    assert_int_equal(send_id(&a, 0, -1), COT_OK);
    assert_int_equal(send_id(&a, 1, file), COT_OK);
    assert_int_equal(send_id(&a, 2, -1), COT_OK);
    close(file); /* the queue has its own */
    turns(3);
    assert_int_equal(b.next, 3);
    assert_true(b.fd >= 0);
    assert_int_equal(fstat(b.fd, &got), 0);
    assert_int_equal(got.st_rdev, want.st_rdev);
    assert_true((fcntl(b.fd, F_GETFD) & FD_CLOEXEC) != 0);
    close(b.fd);
}

static void raw(const void *bytes, size_t n)
{
    assert_int_equal(send(a.ch.io.fd, bytes, n, 0), n);
    turns(2);
}

static void a_broken_datagram_closes_the_channel(void **state)
{
    (void)state;
    static const uint8_t bad_version[] = {9, IPC_ANSWER, 0, 0, 0, 0, 0, 0};
    raw(bad_version, sizeof bad_version);
    assert_int_equal(b.closed, 1);
    assert_false(ipc_is_open(&b.ch));
}

static void a_length_beyond_the_datagram_closes(void **state)
{
    (void)state;
    static const uint8_t bad[] = {IPC_VERSION, IPC_ANSWER, 0, 0, 0, 0, 0, 10, 1, 2, 3};
    raw(bad, sizeof bad);
    assert_int_equal(b.closed, 1);
    assert_int_equal(b.count, 0);
}

static void a_promised_descriptor_must_be_there(void **state)
{
    (void)state;
    static const uint8_t bad[] = {IPC_VERSION, IPC_ANSWER, 0, 1, 0, 0, 0, 0};
    raw(bad, sizeof bad);
    assert_int_equal(b.closed, 1);
}

static unsigned open_descriptors(void)
{
    unsigned n = 0;
    for (int fd = 0; fd < 1024; fd++)
        n += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    return n;
}

/* An answer whose header announces a descriptor or not, with 1 or 2 of them. The channel must close, without its
 * message, and none may stay open. */
static void must_close(uint8_t flag, size_t count)
{
    uint8_t answer[] = {IPC_VERSION, IPC_ANSWER, 0, flag, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0x41};
    struct iovec iov = {answer, sizeof answer};
    union {
        struct cmsghdr align;
        char b[CMSG_SPACE(2 * sizeof(int))];
    } ctl;
    memset(&ctl, 0, sizeof ctl);
    struct msghdr m = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = ctl.b,
                       .msg_controllen = CMSG_LEN(count * sizeof(int))};
    struct cmsghdr *h = CMSG_FIRSTHDR(&m);
    h->cmsg_level = SOL_SOCKET;
    h->cmsg_type = SCM_RIGHTS;
    h->cmsg_len = CMSG_LEN(count * sizeof(int));
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int fds[2] = {null, null};
    memcpy(CMSG_DATA(h), fds, count * sizeof(int));
    assert_int_equal(sendmsg(a.ch.io.fd, &m, 0), sizeof answer);
    unsigned before = open_descriptors();
    turns(2);
    assert_int_equal(b.closed, 1);
    assert_int_equal(open_descriptors(), before - 2); /* both ends of the channel */
    close(null);
}

/* Two fit into the control buffer's padding. */
static void a_second_descriptor_closes_and_leaks_nothing(void **state)
{
    (void)state;
    must_close(1, 2);
    assert_int_equal(b.count, 0);
}

static void a_descriptor_of_no_message_closes(void **state)
{
    (void)state;
    must_close(0, 1);
}

static void what_the_kernel_refuses_ends_the_channel(void **state)
{
    (void)state;
    static uint8_t body[IPC_BODY_MAX];
    int small = 1;
    assert_int_equal(setsockopt(a.ch.io.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
    cot_write_bytes(ipc_begin(&a.ch, IPC_EVENT), body, sizeof body);
    assert_int_equal(ipc_end(&a.ch, -1), COT_OK);
    turns(3); /* EMSGSIZE */
    assert_int_equal(a.closed, 1);
    assert_int_equal(b.closed, 1);
    assert_int_equal(b.count, 0);
}

static void a_handler_that_refuses_closes(void **state)
{
    (void)state;
    b.verdict = COT_E_MALFORMED;
    assert_int_equal(send_id(&a, 0, -1), COT_OK);
    turns(3);
    assert_int_equal(b.count, 1);
    assert_int_equal(b.closed, 1);
    assert_int_equal(a.closed, 1); /* and the other side hears of it */
    assert_int_equal(send_id(&a, 1, -1), COT_E_CLOSED);
}

static void what_was_sent_before_the_end_is_read(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 10; i++)
        assert_int_equal(send_id(&a, i, -1), COT_OK);
    ipc_flush(&a.ch);
    ipc_close(&a.ch);
    turns(3);
    assert_int_equal(b.next, 10);
    assert_int_equal(b.closed, 1);
}

static void a_closed_channel_opens_again(void **state)
{
    (void)state;
    int fds[2];
    ipc_close(&a.ch);
    ipc_close(&b.ch);
    assert_int_equal(ipc_pair(fds), COT_OK);
    assert_int_equal(ipc_open(&a.ch, &l, fds[0], 2 * IPC_DATAGRAM_MAX), COT_OK);
    assert_int_equal(ipc_open(&b.ch, &l, fds[1], 2 * IPC_DATAGRAM_MAX), COT_OK);
    assert_int_equal(send_id(&a, 0, -1), COT_OK);
    turns(2);
    assert_int_equal(b.next, 1);
}

static void the_longest_body_fits(void **state)
{
    (void)state;
    static uint8_t body[IPC_BODY_MAX + 1];
    cot_write_bytes(ipc_begin(&a.ch, IPC_EVENT), body, IPC_BODY_MAX);
    assert_int_equal(ipc_end(&a.ch, -1), COT_OK);
    cot_write_bytes(ipc_begin(&a.ch, IPC_EVENT), body, IPC_BODY_MAX + 1);
    assert_int_equal(ipc_end(&a.ch, -1), COT_E_RANGE);
    ipc_flush(&a.ch);
    assert_int_equal(a.ch.out_head, a.ch.out_tail);
}

static bool holds_secret(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i + 8 <= n; i++)
        if (memcmp(p + i, "\x5e\xc2\x37\x5e\xc2\x37\x5e\xc2", 8) == 0)
            return true;
    return false;
}

/* Neither what was sent, nor what came, nor what was moved in the queue, nor what could not be sent any more. */
static void a_secret_channel_keeps_nothing(void **state)
{
    (void)state;
    static const ipc_answer m = {.id = 0x5ec2375ec2375ec2u, .code = 0x41};
    size_t cap = 2 * IPC_DATAGRAM_MAX;
    a.ch.secret = b.ch.secret = true;
    memset(a.ch.out, 0, cap);
    memset(b.ch.in, 0, IPC_DATAGRAM_MAX);
    while (ipc_room(&a.ch) > 64) {
        ipc_put_answer(ipc_begin(&a.ch, IPC_ANSWER), &m);
        assert_int_equal(ipc_end(&a.ch, -1), COT_OK);
    }
    assert_true(holds_secret(a.ch.out, cap));
    b.ch.on_message = takes_all;
    for (int i = 0; i < 4; i++) {
        turns(1);
        ipc_put_answer(ipc_begin(&a.ch, IPC_ANSWER), &m);
        (void)ipc_end(&a.ch, -1);
        assert_false(holds_secret(a.ch.out + a.ch.out_tail, cap - a.ch.out_tail));
    }
    ipc_close(&a.ch);
    turns(4);
    assert_false(holds_secret(a.ch.out, cap));
    assert_false(holds_secret(b.ch.in, IPC_DATAGRAM_MAX));
    assert_int_equal(b.closed, 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(messages_of_a_turn_share_a_datagram),
        T(all_arrive_in_order_through_a_full_kernel_queue),
        T(a_full_queue_queues_nothing),
        T(a_descriptor_stays_with_its_message),
        T(a_broken_datagram_closes_the_channel),
        T(a_length_beyond_the_datagram_closes),
        T(a_promised_descriptor_must_be_there),
        T(a_second_descriptor_closes_and_leaks_nothing),
        T(a_secret_channel_keeps_nothing),
        T(a_descriptor_of_no_message_closes),
        T(what_the_kernel_refuses_ends_the_channel),
        T(a_handler_that_refuses_closes),
        T(what_was_sent_before_the_end_is_read),
        T(a_closed_channel_opens_again),
        T(the_longest_body_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
