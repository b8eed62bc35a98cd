/* SPDX-License-Identifier: Apache-2.0 */
/* The scripted world around a worker. */
#include "tests/unit/net_world.h"
#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* Shared with children, so that time goes on when one of them is killed. */
static cot_ms *skipped_ms;

int __real_clock_gettime(clockid_t id, struct timespec *t);
int __wrap_clock_gettime(clockid_t id, struct timespec *t);

int __wrap_clock_gettime(clockid_t id, struct timespec *t)
{
    int r = __real_clock_gettime(id, t);
    cot_ms skipped = skipped_ms == NULL ? 0 : *skipped_ms;
    t->tv_sec += (time_t)(skipped / 1000);
    t->tv_nsec += (long)(skipped % 1000) * 1000000;
    if (t->tv_nsec >= 1000000000) {
        t->tv_nsec -= 1000000000;
        t->tv_sec++;
    }
    return r;
}

void world_advance(cot_ms ms)
{
    *skipped_ms += ms;
}

static int server_socket(uint16_t *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    *port = ntohs(a.sin_port);
    return fd;
}

/* ---- hub ---- */

static void answer(world *x, uint64_t id, uint8_t code)
{
    ipc_answer a = {.id = id, .code = code};
    ipc_put_answer(ipc_begin(&x->hub, IPC_ANSWER), &a);
    assert_int_equal(ipc_end(&x->hub, -1), COT_OK);
}

static cot_status on_message(ipc_channel *c, ipc_type type, cot_reader *body, int fd)
{
    world *x = c->ctx;
    assert_true(fd < 0);
    while (x->head - x->tail >= WORLD_MESSAGES)
        x->tail++; /* nobody asked for it */
    world_message *m = &x->inbox[x->head++ % WORLD_MESSAGES];
    m->type = type;
    m->len = cot_reader_left(body);
    assert_true(m->len <= sizeof m->body);
    cot_read_copy(body, m->body, m->len);
    cot_reader id;
    cot_reader_init(&id, m->body, m->len);
    if (x->hub_answers && type == IPC_REGISTER)
        answer(x, cot_read_u64(&id), x->answer_register);
    else if (x->hub_answers && type == IPC_UPDATE)
        answer(x, cot_read_u64(&id), COT_COAP_CHANGED);
    else if (x->hub_answers && type == IPC_DEREGISTER)
        answer(x, cot_read_u64(&id), COT_COAP_DELETED);
    return COT_OK;
}

world_message *world_hub_peek(world *x, ipc_type type)
{
    while (x->tail != x->head && x->inbox[x->tail % WORLD_MESSAGES].type == 0)
        x->tail++; /* taken */
    for (unsigned i = x->tail; i != x->head; i++) {
        world_message *m = &x->inbox[i % WORLD_MESSAGES];
        if (m->type != type)
            continue;
        m->type = (ipc_type)0;
        return m;
    }
    return NULL;
}

world_message *world_hub_got(world *x, ipc_type type)
{
    world_message *m = world_hub_peek(x, type);
    if (m == NULL)
        fail_msg("hub did not get a message of type %d", (int)type);
    return m;
}

void world_hub_comes(world *x)
{
    int fds[2];
    assert_int_equal(ipc_pair(fds), COT_OK);
    x->hub.on_message = on_message;
    x->hub.ctx = x;
    assert_int_equal(ipc_open(&x->hub, &x->loop, fds[0], 1 << 20), COT_OK);
    net_hub_open(x->w, fds[1]);
}

void world_hub_goes(world *x)
{
    ipc_close(&x->hub);
    world_run(x, 20);
}

/* ---- worker ---- */

static void start_worker(world *x)
{
    net_setup s = {
        .loop = &x->loop, .config = x->config, .table_fd = x->table, .listener_count = 2};
    s.listeners[0].fd = x->sockets[0];
    s.listeners[0].loopback = true;
    s.listeners[1].fd = x->sockets[1];
    s.listeners[1].dtls = true;
    assert_int_equal(loop_init(&x->loop), COT_OK);
    x->w = calloc(1, sizeof *x->w);
    assert_non_null(x->w);
    assert_int_equal(net_open(x->w, &s), COT_OK);
    world_hub_comes(x);
    world_run(x, 5);
}

void world_open(world *x)
{
    world_open_for(x, 1000);
}

void world_open_for(world *x, uint32_t devices)
{
    memset(x, 0, sizeof *x);
    if (skipped_ms == NULL)
        skipped_ms = mmap(NULL, sizeof *skipped_ms, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    x->table = memfd_create("table", MFD_CLOEXEC);
    x->sockets[0] = server_socket(&x->port[0]);
    x->sockets[1] = server_socket(&x->port[1]);
    x->hub_answers = true;
    x->answer_register = COT_COAP_CREATED;
    x->config.max_devices = devices;
    x->config.lifetime_min = 1;
    x->config.lifetime_max = UINT32_MAX;
    x->config.handshakes = 10;
    start_worker(x);
}

void world_close(world *x)
{
    ipc_free(&x->hub);
    ipc_free(&x->keys);
    net_close(x->w);
    free(x->w);
    loop_free(&x->loop);
    close(x->table);
    close(x->sockets[0]);
    close(x->sockets[1]);
}

/* What the dead process had in memory is unreachable for the new one; here it is simply left. */
void world_kill(world *x)
{
    ipc_free(&x->hub);
    ipc_free(&x->keys);
    ipc_free(&x->w->hub);
    ipc_free(&x->w->keys);
    net_session_release(x->w);
    free(x->w);
    loop_free(&x->loop);
    x->head = x->tail = 0;
    start_worker(x);
}

void world_run(world *x, cot_ms ms)
{
    for (cot_ms i = 0; i <= ms; i += 5) {
        for (int turn = 0; turn < 3; turn++)
            assert_int_equal(loop_turn(&x->loop, 0), COT_OK);
        if (i + 5 <= ms)
            world_advance(5);
    }
}

/* ---- devices ---- */

void device_open(world_device *d, uint8_t host)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1u + host)};
    memset(d, 0, sizeof *d);
    d->mid = 1000;
    d->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(d->fd, (struct sockaddr *)&a, sizeof a), 0);
}

void device_close(world_device *d)
{
    close(d->fd);
}

static void send_to_port(const world *x, const world_device *d, int which, const uint8_t *bytes,
                         size_t len)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons(x->port[which]),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(sendto(d->fd, bytes, len, 0, (struct sockaddr *)&a, sizeof a), len);
}

void device_send(world *x, world_device *d, const uint8_t *bytes, size_t len)
{
    send_to_port(x, d, 0, bytes, len);
    world_run(x, 10);
}

uint16_t device_request(world *x, world_device *d, uint8_t type, uint8_t code, const char *path,
                        const char *query, int format, const char *payload)
{
    uint8_t bytes[2048];
    size_t len;
    cot_coap_writer m;
    cot_coap_head h = {.type = type, .code = code, .token = {2, {0xAB, 0xCD}}, .mid = d->mid++};
    cot_coap_write_begin(&m, bytes, sizeof bytes, &h);
    cot_coap_write_segments(&m, COT_COAP_URI_PATH, path, '/');
    if (format >= 0)
        cot_coap_write_option_uint(&m, COT_COAP_CONTENT_FORMAT, (uint32_t)format);
    cot_coap_write_segments(&m, COT_COAP_URI_QUERY, query, '&');
    if (payload != NULL)
        cot_coap_write_payload(&m, payload, strlen(payload));
    assert_int_equal(cot_coap_write_end(&m, &len), COT_OK);
    device_send(x, d, bytes, len);
    return h.mid;
}

bool device_got(world_device *d)
{
    ssize_t n = recv(d->fd, d->bytes, sizeof d->bytes, 0);
    if (n < 0)
        return false;
    d->len = (size_t)n;
    assert_int_equal(cot_coap_parse(d->bytes, d->len, &d->msg), COT_OK);
    if (d->msg.head.code != 0)
        assert_int_equal(cot_coap_view_fetch(&d->msg, &d->view), COT_OK);
    return true;
}

void device_register(world *x, world_device *d, const char *endpoint, uint32_t lifetime)
{
    char query[128];
    cot_bytes seg;
    (void)snprintf(query, sizeof query, "ep=%s&lt=%u&lwm2m=1.1&b=U", endpoint, lifetime);
    (void)device_request(x, d, COT_COAP_CON, COT_COAP_POST, "rd", query, 40,
                         "</1/0>,</3/0>,</3303/0>");
    world_run(x, 20);
    assert_true(device_got(d));
    assert_int_equal(d->msg.head.code, COT_COAP_CREATED);
    assert_true(cot_coap_segments_next(&d->view.path, &seg));
    assert_true(cot_bytes_is(seg, "rd"));
    assert_true(cot_coap_segments_next(&d->view.path, &seg));
    assert_int_equal(seg.len, 22);
    memcpy(d->location, seg.p, 22);
}

void device_respond(world *x, world_device *d, uint8_t type, uint8_t code, int observe, int format,
                    const void *payload, size_t len)
{
    uint8_t bytes[2048];
    size_t n;
    cot_coap_writer m;
    cot_coap_head h = {.type = type,
                       .code = code,
                       .token = d->msg.head.token,
                       .mid = type == COT_COAP_ACK ? d->msg.head.mid : d->mid++};
    cot_coap_write_begin(&m, bytes, sizeof bytes, &h);
    if (observe >= 0)
        cot_coap_write_option_uint(&m, COT_COAP_OBSERVE, (uint32_t)observe);
    if (format >= 0)
        cot_coap_write_option_uint(&m, COT_COAP_CONTENT_FORMAT, (uint32_t)format);
    cot_coap_write_payload(&m, payload, len);
    assert_int_equal(cot_coap_write_end(&m, &n), COT_OK);
    device_send(x, d, bytes, n);
}
