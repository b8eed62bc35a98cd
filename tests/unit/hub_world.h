/* SPDX-License-Identifier: Apache-2.0 */
/* A hub over a real database in a folder of its own, with time and peers in the test's hand. A restart
 * is what SIGKILL leaves: the database and nothing else. */
#ifndef COTTER_TESTS_UNIT_HUB_WORLD_H
#define COTTER_TESTS_UNIT_HUB_WORLD_H

#include "tests/unit/test.h"

#include "server/hub/api.h"
#include "server/hub/hub.h"

typedef struct world {
    char folder[64];
    char path[96];
    store *st;
    hub *h;
    hub_list said;
    cot_ms now;
    store_ms utc;
    char token[HUB_TOKEN_TEXT + 1];
    uint64_t call; /* id of the last call */
    uint8_t args[8192];
    cot_writer w; /* arguments of the next call */
    uint8_t put[IPC_BODY_MAX];
    cot_writer m; /* the next message */
    int fd;       /* descriptor of the next call, or -1 */
    bool strict;  /* see world_register */
    uint8_t boot; /* of the machine */
} world;

int world_set_up(void **state); /* *state is a world */
int world_tear_down(void **state);
void world_restart(world *w);
/* Time passes, and the hub looks at what is due. */
void world_later(world *w, cot_ms ms);

/* The next message: world_put(), ipc_put_… into it, world_say(). */
cot_writer *world_put(world *w);
cot_status world_say(world *w, uint8_t role, uint8_t index, ipc_type type);
/* The next thing that hub said, which must be of that type; its body. Free it with hub_message_free. */
hub_message *world_hear(world *w, ipc_type type, cot_reader *body);
/* Forget all that was said of other types, then as world_hear. */
hub_message *world_wait(world *w, ipc_type type, cot_reader *body);
bool world_quiet(const world *w, ipc_type type); /* nothing of that type was said */
void world_forget(world *w);

/* A call: world_args(w, n), then pairs with the put functions of cbor.h; world_call returns the HTTP status
 * (0: not answered yet) and its body in *body, valid until the next call. */
cot_writer *world_args(world *w, uint64_t pairs);
uint16_t world_call(world *w, ipc_api api, cot_bytes *body);
/* The answer to the last call came later. */
uint16_t world_answer(world *w, cot_bytes *body);

/* ---- a fleet's usual moves ---- */
ipc_location world_location(uint8_t n);
void world_add_nosec(world *w, const char *endpoint);
void world_add_psk(world *w, const char *endpoint, const char *group);
store_id world_credential(world *w, const char *identity);
/* Register and return the CoAP code of the answer. A NoSec device is added first, unless `strict`. */
uint8_t world_register(world *w, uint8_t worker, const char *endpoint, uint8_t location,
                       uint8_t mode, store_id credential);
/* What `key` holds in a map, as text or number; asserts that it is there. */
void world_text(cot_bytes map, const char *key, char *out, size_t cap);
uint64_t world_uint(cot_bytes map, const char *key);
/* Answer the next IPC_READ (a probe) with code and a text value of /3/0/3 when good. */
void world_answer_probe(world *w, const char *version);

#endif
