/* SPDX-License-Identifier: Apache-2.0 */
/* Opens a table file: adopts what a former process left, or starts empty. */
#include "server/net/table/file.h"
#include "server/net/table/store.h"
#include "server/sandbox/sandbox.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint8_t magic[8] = {'c', 'o', 't', 't', 'a', 'b', 'l', 'e'};

static bool header_fits(const table_header *h, uint32_t capacity, const table_identity *id)
{
    return memcmp(h->magic, magic, sizeof magic) == 0 && h->layout == TABLE_LAYOUT &&
           h->slot_size == sizeof(table_slot) && h->capacity == capacity &&
           memcmp(h->boot_id, id->boot_id, sizeof h->boot_id) == 0 &&
           memcmp(h->server_key, id->server_key, sizeof h->server_key) == 0 &&
           h->worker == id->worker && h->listeners == id->listeners && h->top <= capacity &&
           h->running <= 1 && h->touched <= capacity && h->crash_next < TABLE_CRASHES;
}

/* The file has just been emptied, so all else is zero. */
static void start_empty(table *t, const table_identity *id)
{
    table_header *h = t->header;
    table_store(&h->layout, TABLE_LAYOUT);
    table_store(&h->slot_size, sizeof(table_slot));
    table_store(&h->capacity, t->capacity);
    table_fill(h->boot_id, id->boot_id, sizeof h->boot_id);
    table_fill(h->server_key, id->server_key, sizeof h->server_key);
    table_store(&h->worker, id->worker);
    table_store(&h->listeners, id->listeners);
    table_fill(h->magic, magic, sizeof magic);
    t->fresh = true;
}

static void quarantine(table *t, uint32_t i)
{
    table_store(&t->slots[i].state, STATE_MAGIC | STATE_QUARANTINED);
    t->quarantined++;
}

/* Three deaths within 10 s: what the last one worked on is not touched again. */
static void judge_crash(table *t, bool crashed, cot_ms now)
{
    table_header *h = t->header;
    if (h->running == 0 || !crashed)
        return;
    uint64_t at = h->crash_next;
    table_store(&h->crashes[at], now);
    table_store(&h->crash_next, (at + 1) % TABLE_CRASHES);
    uint64_t oldest = h->crashes[(at + 1) % TABLE_CRASHES];
    if (oldest == 0 || now - oldest > TABLE_CRASH_SPAN_MS)
        return;
    if (h->touched > 0 && h->touched - 1 < h->top)
        quarantine(t, (uint32_t)h->touched - 1);
    for (size_t i = 0; i < TABLE_CRASHES; i++)
        table_store(&h->crashes[i], 0);
}

static void adopt_slot(table *t, uint32_t i, const table_identity *id,
                       const cot_coap_params *params, cot_ms now)
{
    cot_status s = table_check_slot(&t->slots[i], i, id, now);
    if (s == COT_E_NOT_FOUND) {
        table_wipe(t, i); /* its last process may have died between freeing and wiping */
        table_untake(t, i);
        return;
    }
    if (s == COT_E_DENIED)
        return;
    if (s != COT_OK) {
        quarantine(t, i);
        return;
    }
    t->live++;
    if (table_mode(t, i) != IPC_NOSEC && t->slots[i].record.fresh != 0) {
        /* Its handshake was not finished: nothing came after it, and the context died. */
        table_remove(t, i);
        t->discarded++;
        return;
    }
    cot_coap_peer p;
    table_peer_get(t, i, &p);
    cot_coap_peer_adopt(&p, params);
    table_peer_put(t, i, &p);
    t->adopted++;
}

static void *map_file(int fd, size_t size, table_header *found)
{
    struct stat st;
    memset(found, 0, sizeof *found);
    if (fstat(fd, &st) != 0 || pread(fd, found, sizeof *found, 0) < 0)
        return MAP_FAILED;
    if ((uint64_t)st.st_size != size)
        memset(found, 0, sizeof *found);
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

cot_status table_reserve(table *t, uint32_t slots)
{
    uint32_t want = slots < t->capacity ? slots : t->capacity;
    off_t size = (off_t)(TABLE_HEADER_BYTES + (size_t)want * sizeof(table_slot));
    if (want <= t->reserved)
        return COT_OK;
    if (fallocate(t->fd, 0, 0, size) != 0)
        return COT_E_LIMIT;
    t->reserved = want;
    return COT_OK;
}

cot_status table_open(table *t, int fd, uint32_t capacity, const table_identity *id,
                      const cot_coap_params *params, cot_ms now)
{
    table_header found;
    memset(t, 0, sizeof *t);
    if (capacity == 0 || capacity > TABLE_SLOTS_MAX)
        return COT_E_RANGE;
    t->capacity = capacity;
    t->fd = fd;
    t->worker = id->worker;
    size_t size = TABLE_HEADER_BYTES + (size_t)capacity * sizeof(table_slot);
    void *p = map_file(fd, size, &found);
    bool fits = p != MAP_FAILED && header_fits(&found, capacity, id);
    if (!fits && (ftruncate(fd, 0) != 0 || ftruncate(fd, (off_t)size) != 0))
        return COT_E_IO;
    if (p == MAP_FAILED)
        return COT_E_IO;
    sandbox_secret(p, size);
    if (table_reserve(t, fits ? (uint32_t)found.top + 1 : 1) != COT_OK) {
        (void)munmap(p, size);
        return COT_E_LIMIT;
    }
    t->free = mmap(NULL, capacity * sizeof *t->free, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (t->free == MAP_FAILED)
        return COT_E_IO;
    t->header = p;
    t->slots = (table_slot *)(void *)((uint8_t *)p + TABLE_HEADER_BYTES);
    if (!fits)
        start_empty(t, id);
    t->top = (uint32_t)t->header->top;
    judge_crash(t, id->crashed, now);
    table_store(&t->header->running, 1);
    for (uint32_t i = t->top; i > 0; i--)
        adopt_slot(t, i - 1, id, params, now);
    table_touch(t, TABLE_NONE);
    return COT_OK;
}

void table_close(table *t)
{
    if (t->header == NULL)
        return;
    table_store(&t->header->running, 0);
    (void)munmap(t->header, TABLE_HEADER_BYTES + (size_t)t->capacity * sizeof(table_slot));
    (void)munmap(t->free, t->capacity * sizeof *t->free);
    memset(t, 0, sizeof *t);
}

void table_touch(table *t, uint32_t i)
{
    table_store(&t->header->touched, i == TABLE_NONE ? 0 : (uint64_t)i + 1);
}
