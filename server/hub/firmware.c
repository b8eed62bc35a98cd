/* SPDX-License-Identifier: Apache-2.0 */
/* A release for a worker to serve: its envelope in a sealed memfd, as it was published. It is not checked
 * again: the device decides (rule 15). */
#include "server/hub/hub.h"

#include "server/hub/cbor.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static cot_status fill(hub *h, const store_release *r, int fd)
{
    uint64_t at = 0;
    uint64_t size = (uint64_t)r->envelope_size;
    while (at < size) {
        size_t n = size - at < sizeof h->payload ? (size_t)(size - at) : sizeof h->payload;
        cot_status s = store_release_read(h->st, r->seq, at, h->payload, n);
        if (s != COT_OK)
            return s;
        if (write(fd, h->payload, n) != (ssize_t)n)
            return COT_E_IO;
        at += n;
    }
    return fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0
               ? COT_OK
               : COT_E_IO;
}

cot_status hub_on_firmware_open(hub *h, const hub_message *m, cot_reader *r)
{
    ipc_firmware_open open;
    store_release release;
    uint8_t id[STORE_RELEASE_ID];
    ipc_firmware answer = {.status = COT_E_NOT_FOUND};
    int fd = -1;
    cot_status s = ipc_get_firmware_open(r, &open);
    if (s != COT_OK)
        return s;
    answer.id = open.id;
    if (hub_parse_hex(open.name, id, sizeof id))
        answer.status = store_release_get(h->st, id, &release);
    if (answer.status == COT_OK && release.state != STORE_PUBLISHED)
        answer.status = COT_E_NOT_FOUND;
    if (answer.status == COT_OK) {
        fd = memfd_create("firmware", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        answer.status = fd < 0 ? COT_E_AGAIN : fill(h, &release, fd);
        answer.size = (uint64_t)release.envelope_size;
        memcpy(answer.etag, release.digest, sizeof answer.etag);
    }
    if (answer.status != COT_OK && fd >= 0) {
        close(fd);
        fd = -1;
    }
    if (answer.status != COT_OK && answer.status != COT_E_NOT_FOUND)
        answer.status = COT_E_AGAIN;
    ipc_put_firmware(hub_begin(h, IPC_NET, m->index, IPC_FIRMWARE), &answer);
    hub_end(h, fd);
    return COT_OK;
}
