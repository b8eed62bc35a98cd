/* SPDX-License-Identifier: Apache-2.0 */
/* Releases and the upgrade engine, with a scripted device: rules 15 to 17. */
#include "tests/unit/hub_world.h"
#include "tests/unit/signer.h"

#include "core/cose/host/crypto_libcrypto.h"
#include "core/suit/write.h"

#include <openssl/evp.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint8_t vendor[16] = {1, 2, 3};
static const uint8_t class_id[16] = {4, 5, 6};
static const uint8_t image[] = "the firmware image";
static uint8_t envelope[1024];
static size_t envelope_len;

enum { CHANGED = 0x44, CONTENT = 0x45, BAD = 0x80 };

/* ---- releases ---- */

static void make_envelope(uint64_t sequence, const uint8_t for_class[16])
{
    cot_suit_release r = {.sequence = sequence, .size = sizeof image};
    uint8_t manifest[512];
    uint8_t digest[COT_SUIT_DIGEST_SIZE];
    uint8_t signed_digest[COT_SHA256_SIZE];
    uint8_t sig[COT_P256_SIG_SIZE];
    cot_writer m;
    cot_writer w;
    memcpy(r.vendor_id, vendor, 16);
    memcpy(r.class_id, for_class, 16);
    cot_sha256_of(&cot_crypto_openssl, image, sizeof image, r.digest);
    cot_writer_init(&m, manifest, sizeof manifest);
    cot_suit_write_manifest(&m, &r);
    cot_bytes whole = {manifest, m.len};
    cot_suit_digest(whole, &cot_crypto_openssl, digest);
    cot_suit_signing_digest(digest, &cot_crypto_openssl, signed_digest);
    signer_sign(signed_digest, sig);
    cot_writer_init(&w, envelope, sizeof envelope);
    cot_suit_write_head(&w, digest, sig, whole, sizeof image);
    cot_write_bytes(&w, image, sizeof image);
    assert_int_equal(w.err, COT_OK);
    envelope_len = w.len;
}

/* The signer's public key as the PEM that `cotter release keygen` writes. */
static void public_pem(char *out, size_t cap)
{
    static const uint8_t head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                   0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                   0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
    cot_p256_public key;
    uint8_t spki[sizeof head + 64];
    unsigned char text[160];
    signer_init(&key);
    memcpy(spki, head, sizeof head);
    memcpy(spki + sizeof head, key.xy, 64);
    assert_true(EVP_EncodeBlock(text, spki, sizeof spki) > 0);
    (void)snprintf(out, cap, "-----BEGIN PUBLIC KEY-----\n%.64s\n%s\n-----END PUBLIC KEY-----\n",
                   (char *)text, (char *)text + 64);
}

static void add_group(world *w, const char *name, unsigned parallel)
{
    cot_bytes body;
    char pem[256];
    cot_writer *a = world_args(w, 6);
    public_pem(pem, sizeof pem);
    hub_put_text(a, "name", name);
    hub_put_uuid(a, "vendor_id", vendor);
    hub_put_uuid(a, "class_id", class_id);
    hub_put_text(a, "policy", "automatic");
    hub_put_uint(a, "parallel", parallel);
    hub_put_text(a, "release_key", pem);
    assert_int_equal(world_call(w, IPC_API_GROUP_ADD, &body), 201);
}

static uint16_t publish(world *w, const char *version)
{
    cot_bytes body;
    cot_writer *a = world_args(w, 2);
    hub_put_text(a, "version", version);
    hub_put_text(a, "group", "g");
    w->fd = memfd_create("envelope", MFD_ALLOW_SEALING);
    assert_int_equal(write(w->fd, envelope, envelope_len), envelope_len);
    assert_int_equal(fcntl(w->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE), 0);
    uint16_t status = world_call(w, IPC_API_RELEASE_ADD, &body);
    close(w->fd);
    w->fd = -1;
    return status;
}

static void rule_15_publish_takes_only_what_verifies(void **state)
{
    world *w = *state;
    uint8_t other[16] = {9};
    add_group(w, "g", 1);
    make_envelope(2, class_id);
    for (size_t i = 0; i < envelope_len; i++) {
        envelope[i] ^= 0x10;
        assert_int_equal(publish(w, "2.0.0"), 422);
        envelope[i] ^= 0x10;
    }
    envelope_len--;
    assert_int_equal(publish(w, "2.0.0"), 422);
    make_envelope(2, other);
    assert_int_equal(publish(w, "2.0.0"), 422);
    make_envelope(2, class_id);
    assert_int_equal(publish(w, "2.0.0"), 201);
    assert_int_equal(publish(w, "2.0.0"), 409);
}

/* ---- a device ---- */

typedef struct device {
    const char *name;
    uint8_t location;
    ipc_command last;
    char uri[128];
    uint8_t token[2][8]; /* of the observations of 5/0/3 and 5/0/5 */
} device;

static void come(world *w, device *d, const char *version)
{
    assert_int_equal(
        world_register(w, 0, d->name, d->location, IPC_PSK, world_credential(w, d->name)), 0x41);
    world_answer_probe(w, version);
}

static void value_of(cot_bytes payload, char *out, size_t cap)
{
    cot_lwm2m_decoder dec;
    cot_lwm2m_record rec;
    cot_lwm2m_path path = cot_lwm2m_path_of(3, 5, 0, 1, 0);
    assert_int_equal(cot_lwm2m_decode_begin(&dec, COT_FORMAT_SENML_CBOR, &path, payload), COT_OK);
    assert_int_equal(cot_lwm2m_decode_next(&dec, &rec), COT_OK);
    assert_int_equal(store_chars(out, cap, cot_value_bytes(&rec.value)), COT_OK);
}

static cot_bytes number(uint16_t resource, int64_t value)
{
    static uint8_t payload[64];
    cot_lwm2m_encoder e;
    cot_writer p;
    cot_lwm2m_path path = cot_lwm2m_path_of(3, 5, 0, resource, 0);
    cot_value v = cot_value_int(value);
    cot_writer_init(&p, payload, sizeof payload);
    cot_lwm2m_encode_begin(&e, COT_FORMAT_SENML_CBOR, &path, &p);
    cot_lwm2m_encode_put(&e, &path, &v);
    assert_int_equal(cot_lwm2m_encode_end(&e), COT_OK);
    return (cot_bytes){payload, p.len};
}

/* The next command to this device, answered with `code`; its operation. 0: none. */
static uint8_t serve(world *w, device *d, uint8_t code)
{
    hub_list rest;
    uint8_t operation = 0;
    hub_list_init(&rest);
    for (hub_message *m = hub_list_pop(&w->said); m != NULL; m = hub_list_pop(&w->said)) {
        cot_reader r;
        cot_reader_init(&r, m->body, m->len);
        if (operation != 0 || m->type != IPC_COMMAND || ipc_get_command(&r, &d->last) != COT_OK ||
            d->last.location.b[0] != d->location) {
            hub_list_push(&rest, m);
            continue;
        }
        operation = d->last.operation;
        if (operation == IPC_OP_WRITE && d->last.payload.len > 0)
            value_of(d->last.payload, d->uri, sizeof d->uri);
        if (operation == IPC_OP_OBSERVE)
            memcpy(d->token[d->last.path.id[2] == 5], d->last.token, 8);
        hub_message_free(m);
    }
    hub_list_move(&w->said, &rest);
    if (operation == 0)
        return 0;
    ipc_result r = {d->last.id, d->last.location, code, 0, {NULL, 0}};
    if (operation == IPC_OP_OBSERVE) {
        r.format = COT_FORMAT_SENML_CBOR;
        r.payload = number(d->last.path.id[2], 0);
    }
    ipc_put_result(world_put(w), &r);
    assert_int_equal(world_say(w, IPC_NET, 0, IPC_COMMAND_RESULT), COT_OK);
    return operation;
}

static void report(world *w, const device *d, uint16_t resource, int64_t value)
{
    ipc_notify n = {
        .location = world_location(d->location), .code = CONTENT, .format = COT_FORMAT_SENML_CBOR};
    memcpy(n.token, d->token[resource == 5], 8);
    n.payload = number(resource, value);
    ipc_put_notify(world_put(w), &n);
    assert_int_equal(world_say(w, IPC_NET, 0, IPC_NOTIFY), COT_OK);
}

static void upgrade_is(world *w, const char *endpoint, const char *state, int result,
                       unsigned attempts)
{
    cot_bytes body;
    cot_cbor_reader r;
    char text[IPC_ENDPOINT_MAX + 1];
    world_args(w, 0);
    assert_int_equal(world_call(w, IPC_API_UPGRADE_LIST, &body), 200);
    cot_cbor_reader_init(&r, hub_map_find(body, "items"), 0);
    for (uint64_t n = cot_cbor_read_array(&r); n > 0; n--) {
        cot_bytes item = cot_cbor_skip(&r);
        world_text(item, "endpoint", text, sizeof text);
        if (strcmp(text, endpoint) != 0)
            continue;
        world_text(item, "state", text, sizeof text);
        assert_string_equal(text, state);
        assert_int_equal(world_uint(item, "attempts"), attempts);
        assert_true(result < 0 ? hub_item_null(hub_map_find(item, "result"))
                               : world_uint(item, "result") == (uint64_t)result);
        return;
    }
    fail_msg("no upgrade of %s", endpoint);
}

static bool no_upgrade(world *w)
{
    cot_bytes body;
    cot_cbor_reader r;
    world_args(w, 0);
    assert_int_equal(world_call(w, IPC_API_UPGRADE_LIST, &body), 200);
    cot_cbor_reader_init(&r, hub_map_find(body, "items"), 0);
    return cot_cbor_read_array(&r) == 0;
}

/* A group, a release 2.0.0 and a device with 1.0.0 that is under way. */
static void offered(world *w, device *d)
{
    add_group(w, "g", 1);
    world_add_psk(w, d->name, "g");
    make_envelope(2, class_id);
    assert_int_equal(publish(w, "2.0.0"), 201);
    come(w, d, "1.0.0");
    upgrade_is(w, d->name, "waiting", -1, 0);
    world_later(w, 500);
    upgrade_is(w, d->name, "offered", -1, 1);
    assert_int_equal(serve(w, d, CHANGED), IPC_OP_WRITE); /* the empty URI first */
    assert_int_equal(serve(w, d, CONTENT), IPC_OP_OBSERVE);
    assert_int_equal(serve(w, d, CONTENT), IPC_OP_OBSERVE);
    assert_int_equal(serve(w, d, CHANGED), IPC_OP_WRITE);
    assert_int_equal(strncmp(d->uri, "coaps://127.0.0.1:5684/fw/", 26), 0);
    assert_int_equal(strlen(d->uri), 26 + 32);
    upgrade_is(w, d->name, "downloading", -1, 1);
}

/* The device's answer to the read of 5/0/5 after it came back. */
static void answer_result(world *w, int64_t value)
{
    cot_reader r;
    ipc_read read;
    hub_message *m = world_wait(w, IPC_READ, &r);
    assert_int_equal(ipc_get_read(&r, &read), COT_OK);
    assert_int_equal(read.path.id[0], 5);
    ipc_result result = {read.id, read.location, CONTENT, COT_FORMAT_SENML_CBOR, number(5, value)};
    hub_message_free(m);
    ipc_put_result(world_put(w), &result);
    assert_int_equal(world_say(w, IPC_NET, 0, IPC_READ_RESULT), COT_OK);
}

static void an_outdated_device_is_upgraded_by_itself(void **state)
{
    world *w = *state;
    store_device row;
    device d = {.name = "dev", .location = 1};
    offered(w, &d);
    ipc_progress p = {world_location(1), store_bytes(d.uri + 26), 100, 200};
    ipc_put_progress(world_put(w), &p);
    assert_int_equal(world_say(w, IPC_NET, 0, IPC_PROGRESS), COT_OK);
    report(w, &d, 3, 1);
    report(w, &d, 3, 2);
    world_restart(w); /* a kill at any step */
    assert_int_equal(store_device_get(w->st, store_bytes("dev"), &row), COT_OK);
    upgrade_is(w, "dev", "downloaded", -1, 1);
    ipc_put_hello(world_put(w), &(ipc_hello){0, 0, 1});
    assert_int_equal(world_say(w, IPC_NET, 0, IPC_HELLO), COT_OK);
    assert_int_equal(serve(w, &d, CHANGED), IPC_OP_EXECUTE);
    upgrade_is(w, "dev", "updating", -1, 1);
    d.location = 2;
    come(w, &d, "2.0.0");
    upgrade_is(w, "dev", "updating", -1, 1);
    answer_result(w, 1);
    upgrade_is(w, "dev", "confirmed", 1, 1);
    assert_int_equal(store_device_get(w->st, store_bytes("dev"), &row), COT_OK);
    assert_int_equal(row.sequence, 2);
    world_later(w, 600000);
    upgrade_is(w, "dev", "confirmed", 1, 1);
}

static void a_refusal_over_dtls_is_final(void **state)
{
    world *w = *state;
    device d = {.name = "dev", .location = 1};
    offered(w, &d);
    report(w, &d, 5, 5);
    upgrade_is(w, "dev", "failed", 5, 1);
    d.location = 2;
    come(w, &d, "1.0.0");
    world_later(w, 600000);
    upgrade_is(w, "dev", "failed", 5, 1);
}

static void rule_17_a_lost_connection_is_tried_three_times_with_back_off(void **state)
{
    world *w = *state;
    device d = {.name = "dev", .location = 1};
    offered(w, &d);
    for (unsigned attempt = 1; attempt <= 3; attempt++) {
        report(w, &d, 5, 4);
        if (attempt == 3)
            break;
        upgrade_is(w, "dev", "waiting", 4, attempt);
        world_later(w, 29000);
        upgrade_is(w, "dev", "waiting", 4, attempt);
        world_later(w, attempt == 1 ? 2000 : 32000);
        upgrade_is(w, "dev", "offered", -1, attempt + 1);
        assert_int_equal(serve(w, &d, CHANGED), IPC_OP_WRITE); /* the empty URI first */
        assert_int_equal(serve(w, &d, CONTENT), IPC_OP_OBSERVE);
        assert_int_equal(serve(w, &d, CONTENT), IPC_OP_OBSERVE);
        assert_int_equal(serve(w, &d, CHANGED), IPC_OP_WRITE);
    }
    upgrade_is(w, "dev", "failed", 4, 3);
    world_later(w, 10000000);
    upgrade_is(w, "dev", "failed", 4, 3);
}

static void what_runs_but_is_not_confirmed_is_not_tried_again(void **state)
{
    world *w = *state;
    device d = {.name = "dev", .location = 1};
    offered(w, &d);
    report(w, &d, 3, 2);
    assert_int_equal(serve(w, &d, CHANGED), IPC_OP_EXECUTE);
    d.location = 2;
    come(w, &d, "2.0.0");
    answer_result(w, 0);
    upgrade_is(w, "dev", "updating", -1, 1);
    world_later(w, 300001);
    upgrade_is(w, "dev", "failed", -1, 1);
    world_later(w, 300001);
    upgrade_is(w, "dev", "failed", -1, 1);
}

static void silence_ends_an_attempt(void **state)
{
    world *w = *state;
    device d = {.name = "dev", .location = 1};
    offered(w, &d);
    world_later(w, 300001);
    upgrade_is(w, "dev", "waiting", -1, 1);
}

static void rule_16_a_current_or_newer_device_is_left_alone(void **state)
{
    world *w = *state;
    device d = {.name = "dev", .location = 1};
    add_group(w, "g", 1);
    world_add_psk(w, "dev", "g");
    make_envelope(3, class_id);
    assert_int_equal(publish(w, "3.0.0"), 201);
    make_envelope(2, class_id);
    assert_int_equal(publish(w, "2.0.0"), 201);
    come(w, &d, "3.0.0");
    world_later(w, 1000);
    assert_true(no_upgrade(w));
}

static void a_publication_finds_the_devices_of_its_group(void **state)
{
    world *w = *state;
    device d = {.name = "dev", .location = 1};
    add_group(w, "g", 1);
    world_add_psk(w, "dev", "g");
    come(w, &d, "1.0.0");
    assert_true(no_upgrade(w));
    make_envelope(2, class_id);
    assert_int_equal(publish(w, "2.0.0"), 201);
    world_later(w, 500);
    world_later(w, 500);
    upgrade_is(w, "dev", "offered", -1, 1);
}

static void rule_17_a_group_has_a_limit_and_one_switch(void **state)
{
    world *w = *state;
    cot_bytes body;
    device a = {.name = "a", .location = 1};
    device b = {.name = "b", .location = 2};
    add_group(w, "g", 1);
    world_add_psk(w, "a", "g");
    world_add_psk(w, "b", "g");
    make_envelope(2, class_id);
    assert_int_equal(publish(w, "2.0.0"), 201);
    come(w, &a, "1.0.0");
    come(w, &b, "1.0.0");
    world_later(w, 500);
    upgrade_is(w, "a", "offered", -1, 1);
    upgrade_is(w, "b", "waiting", -1, 0);
    hub_put_text(world_args(w, 1), "name", "g");
    assert_int_equal(world_call(w, IPC_API_UPGRADE_STOP, &body), 200);
    upgrade_is(w, "a", "stopped", -1, 1);
    upgrade_is(w, "b", "stopped", -1, 0);
    world_later(w, 1000);
    upgrade_is(w, "b", "stopped", -1, 0);
    hub_put_text(world_args(w, 1), "name", "g");
    assert_int_equal(world_call(w, IPC_API_UPGRADE_START, &body), 200);
    world_later(w, 500);
    upgrade_is(w, "a", "offered", -1, 2);
    upgrade_is(w, "b", "waiting", -1, 0);
}

static void upgrade_to(world *w, const char *version, const char *state)
{
    cot_bytes body;
    cot_cbor_reader r;
    char text[IPC_ENDPOINT_MAX + 1];
    world_args(w, 0);
    assert_int_equal(world_call(w, IPC_API_UPGRADE_LIST, &body), 200);
    cot_cbor_reader_init(&r, hub_map_find(body, "items"), 0);
    for (uint64_t n = cot_cbor_read_array(&r); n > 0; n--) {
        cot_bytes item = cot_cbor_skip(&r);
        world_text(item, "version", text, sizeof text);
        if (strcmp(text, version) != 0)
            continue;
        world_text(item, "state", text, sizeof text);
        assert_string_equal(text, state);
        return;
    }
    fail_msg("no upgrade to %s", version);
}

/* Two releases never drive one device: the newer one takes the other's place, whatever it was doing. */
static void a_newer_release_supersedes_an_unfinished_upgrade(void **state)
{
    world *w = *state;
    cot_bytes body;
    char old_uri[128];
    device d = {.name = "dev", .location = 1};
    offered(w, &d);
    memcpy(old_uri, d.uri, sizeof old_uri);
    hub_put_text(world_args(w, 1), "name", "g");
    assert_int_equal(world_call(w, IPC_API_UPGRADE_STOP, &body), 200);
    make_envelope(3, class_id);
    assert_int_equal(publish(w, "3.0.0"), 201);
    hub_put_text(world_args(w, 1), "name", "g");
    assert_int_equal(world_call(w, IPC_API_UPGRADE_START, &body), 200);
    world_later(w, 600);
    world_later(w, 600);
    upgrade_to(w, "2.0.0", "failed");
    upgrade_to(w, "3.0.0", "offered");
    report(w, &d, 3, 2); /* of the old download: nothing is executed */
    assert_int_equal(serve(w, &d, CHANGED), IPC_OP_WRITE); /* stop's empty URI */
    assert_int_equal(serve(w, &d, CHANGED), IPC_OP_WRITE);
    assert_int_equal(serve(w, &d, CONTENT), IPC_OP_OBSERVE);
    assert_int_equal(serve(w, &d, CONTENT), IPC_OP_OBSERVE);
    upgrade_to(w, "3.0.0", "offered");
    assert_int_equal(serve(w, &d, CHANGED), IPC_OP_WRITE);
    assert_string_not_equal(d.uri, old_uri);
    upgrade_to(w, "3.0.0", "downloading");
    report(w, &d, 3, 2);
    assert_int_equal(serve(w, &d, CHANGED), IPC_OP_EXECUTE);
    make_envelope(4, class_id);
    assert_int_equal(publish(w, "4.0.0"), 201);
    world_later(w, 600);
    upgrade_to(w, "3.0.0", "updating"); /* it is on its way: it may arrive */
    world_forget(w);
    d.location = 2;
    come(w, &d, "3.0.0");
    answer_result(w, 1);
    upgrade_to(w, "3.0.0", "confirmed");
    upgrade_to(w, "4.0.0", "waiting");
}

static void an_answer_to_a_superseded_offer_does_not_count(void **state)
{
    world *w = *state;
    device d = {.name = "dev", .location = 1};
    add_group(w, "g", 1);
    world_add_psk(w, d.name, "g");
    make_envelope(2, class_id);
    assert_int_equal(publish(w, "2.0.0"), 201);
    come(w, &d, "1.0.0");
    world_later(w, 500);
    assert_int_equal(serve(w, &d, CHANGED), IPC_OP_WRITE);
    assert_int_equal(serve(w, &d, CONTENT), IPC_OP_OBSERVE);
    assert_int_equal(serve(w, &d, CONTENT), IPC_OP_OBSERVE); /* the URI of 2.0.0 is on its way */
    make_envelope(3, class_id);
    assert_int_equal(publish(w, "3.0.0"), 201);
    world_later(w, 600);
    world_later(w, 600);
    upgrade_to(w, "3.0.0", "offered");
    assert_int_equal(serve(w, &d, CHANGED), IPC_OP_WRITE); /* and answered only now */
    upgrade_to(w, "3.0.0", "offered");
    report(w, &d, 3, 2);
    upgrade_to(w, "3.0.0", "offered");
}

/* What the demo's attacker does: rows written past publish are offered; the device decides. */
static void rule_15_hub_does_not_check_again_what_it_serves(void **state)
{
    world *w = *state;
    cot_reader r;
    ipc_firmware f;
    uint8_t got[64];
    store_release bad = {.version = "6.6.6", .sequence = 66, .size = 3, .created_at = 1};
    add_group(w, "g", 1);
    memcpy(bad.vendor, vendor, 16);
    memcpy(bad.class_id, class_id, 16);
    memset(bad.id, 0xAB, sizeof bad.id);
    bool wrote = false;
    assert_int_equal(store_release_add(w->st, &bad, store_bytes("bad")), COT_OK);
    assert_int_equal(store_work_end(w->st, true, &wrote), COT_OK);
    assert_int_equal(store_commit(w->st), COT_OK);
    ipc_firmware_open open = {8, store_bytes("abababababababababababababababab")};
    ipc_put_firmware_open(world_put(w), &open);
    assert_int_equal(world_say(w, IPC_NET, 1, IPC_FIRMWARE_OPEN), COT_OK);
    hub_message *m = world_wait(w, IPC_FIRMWARE, &r);
    assert_int_equal(ipc_get_firmware(&r, &f), COT_OK);
    assert_int_equal(f.status, COT_OK);
    assert_int_equal(f.size, 3);
    assert_int_equal(pread(m->fd, got, sizeof got, 0), 3);
    assert_memory_equal(got, "bad", 3);
    assert_int_equal(write(m->fd, "x", 1), -1); /* sealed */
    struct stat first;
    struct stat second;
    assert_int_equal(fstat(m->fd, &first), 0);
    hub_message_free(m);
    ipc_put_firmware_open(world_put(w), &open);
    assert_int_equal(world_say(w, IPC_NET, 0, IPC_FIRMWARE_OPEN), COT_OK);
    m = world_wait(w, IPC_FIRMWARE, &r);
    assert_int_equal(fstat(m->fd, &second), 0);
    assert_true(first.st_ino == second.st_ino); /* one copy for all who ask */
    hub_message_free(m);
    open.name = store_bytes("00000000000000000000000000000000");
    ipc_put_firmware_open(world_put(w), &open);
    assert_int_equal(world_say(w, IPC_NET, 1, IPC_FIRMWARE_OPEN), COT_OK);
    m = world_wait(w, IPC_FIRMWARE, &r);
    assert_int_equal(ipc_get_firmware(&r, &f), COT_OK);
    assert_int_equal(f.status, COT_E_NOT_FOUND);
    assert_int_equal(m->fd, -1);
    hub_message_free(m);
}

static int tear_down(void **state)
{
    signer_free();
    return world_tear_down(state);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(rule_15_publish_takes_only_what_verifies),
        T(an_outdated_device_is_upgraded_by_itself),
        T(a_refusal_over_dtls_is_final),
        T(rule_17_a_lost_connection_is_tried_three_times_with_back_off),
        T(what_runs_but_is_not_confirmed_is_not_tried_again),
        T(silence_ends_an_attempt),
        T(rule_16_a_current_or_newer_device_is_left_alone),
        T(a_publication_finds_the_devices_of_its_group),
        T(rule_17_a_group_has_a_limit_and_one_switch),
        T(a_newer_release_supersedes_an_unfinished_upgrade),
        T(an_answer_to_a_superseded_offer_does_not_count),
        T(rule_15_hub_does_not_check_again_what_it_serves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
