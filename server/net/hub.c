/* SPDX-License-Identifier: Apache-2.0 */
/* The channels to hub and keys: what comes in, and what is said again after either side restarted. */
#include "server/net/net.h"
#include "server/net/session.h"

#include <unistd.h>

#define QUEUE (4u << 20)

static void on_drop(net_worker *w, const ipc_drop *d)
{
    uint32_t slot = table_find_location(&w->table, &d->location);
    if (slot == TABLE_NONE)
        return;
    net_job_drop_slot(w, slot);
    if (d->end_session != 0 && table_mode(&w->table, slot) != IPC_NOSEC) {
        net_session_close(w, slot);
        net_peer_remove(w, slot);
        return;
    }
    table_clear_registration(&w->table, slot);
    table_refresh(&w->table, slot, w->loop->now);
    net_peer_schedule(w, slot);
}

static cot_status on_firmware(net_worker *w, cot_reader *body, int fd)
{
    ipc_firmware f;
    cot_status s = ipc_get_firmware(body, &f);
    if (s == COT_OK)
        net_firmware_on_answer(w, &f, fd);
    else if (fd >= 0)
        close(fd);
    return s;
}

static cot_status on_hub(ipc_channel *c, ipc_type type, cot_reader *body, int fd)
{
    net_worker *w = c->ctx;
    union {
        ipc_answer answer;
        ipc_drop drop;
        ipc_command command;
        ipc_read read;
        ipc_credential credential;
    } m;
    cot_status s = COT_E_UNSUPPORTED;
    if (type == IPC_FIRMWARE)
        return on_firmware(w, body, fd);
    if (fd >= 0)
        close(fd);
    if (type == IPC_ANSWER && (s = ipc_get_answer(body, &m.answer)) == COT_OK) {
        w->table.fresh = false; /* it answers what came after our HELLO, so that is read */
        net_rd_on_answer(w, &m.answer);
    } else if (type == IPC_DROP && (s = ipc_get_drop(body, &m.drop)) == COT_OK)
        on_drop(w, &m.drop);
    else if (type == IPC_COMMAND && (s = ipc_get_command(body, &m.command)) == COT_OK)
        net_job_command(w, &m.command);
    else if (type == IPC_READ && (s = ipc_get_read(body, &m.read)) == COT_OK)
        net_job_read(w, &m.read);
    else if (type == IPC_CREDENTIAL && (s = ipc_get_credential(body, &m.credential)) == COT_OK)
        net_session_on_credential(w, &m.credential);
    if (s != COT_OK)
        log_line("error", "net.bad_message", "from=hub type=%d status=%d", (int)type, s);
    return s;
}

static cot_status on_keys(ipc_channel *c, ipc_type type, cot_reader *body, int fd)
{
    net_worker *w = c->ctx;
    ipc_master master;
    ipc_signature signature;
    cot_status s = COT_E_UNSUPPORTED;
    if (fd >= 0)
        close(fd);
    if (type == IPC_MASTER && (s = ipc_get_master(body, &master)) == COT_OK) {
        net_session_on_master(w, &master);
        cot_wipe(&master, sizeof master);
    } else if (type == IPC_SIGNATURE && (s = ipc_get_signature(body, &signature)) == COT_OK) {
        net_session_on_signature(w, &signature);
    }
    if (s != COT_OK)
        log_line("error", "net.bad_message", "from=keys type=%d status=%d", (int)type, s);
    return s;
}

static void on_gone(ipc_channel *c)
{
    net_worker *w = c->ctx;
    log_line("warn", "net.peer_gone", "peer=%s", c == &w->hub ? "hub" : "keys");
    if (w->peer_lost != NULL)
        w->peer_lost(w, c == &w->hub ? IPC_HUB : IPC_KEYS);
}

void net_hub_open(net_worker *w, int fd)
{
    ipc_close(&w->hub);
    w->hub.on_message = on_hub;
    w->hub.on_closed = on_gone;
    w->hub.ctx = w;
    if (ipc_open(&w->hub, w->loop, fd, QUEUE) != COT_OK)
        return;
    uint32_t registrations = 0;
    for (uint32_t i = 0; i < w->table.top; i++)
        registrations += table_is_live(&w->table, i) && table_registration_of(&w->table, i) != NULL;
    ipc_hello hello = {
        .worker = w->config.index, .fresh = w->table.fresh ? 1 : 0, .registrations = registrations};
    ipc_put_hello(ipc_begin(&w->hub, IPC_HELLO), &hello);
    (void)ipc_end(&w->hub, -1);
    net_rd_send_all(w);
    net_session_ask_again(w);
}

void net_keys_open(net_worker *w, int fd)
{
    ipc_close(&w->keys);
    w->keys.secret = true; /* master secrets */
    w->keys.on_message = on_keys;
    w->keys.on_closed = on_gone;
    w->keys.ctx = w;
    if (ipc_open(&w->keys, w->loop, fd, QUEUE / 4) == COT_OK)
        net_session_ask_again(w);
}
