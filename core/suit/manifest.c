/* SPDX-License-Identifier: Apache-2.0 */
/* SUIT manifest: read it, and run its command sequences against this device. */
#include "core/suit/manifest.h"

#include "core/cbor/reader.h"
#include "core/suit/digest.h"

#include <string.h>

/* One entry that a map may have: its key and the type of its value. Maps are read by a table of these,
 * keys ascending; a key that the table does not have is outside our profile. */
typedef struct entry {
    uint8_t key;
    uint8_t type; /* cot_cbor_type; ANY is read over */
} entry;

enum { ANY = COT_CBOR_NONE };

enum {
    VERSION,
    SEQUENCE,
    COMMON,
    REFERENCE,
    VALIDATE,
    FETCH,
    INSTALL,
    INFORMATION,
    MANIFEST_ENTRIES
};
static const entry manifest_entries[MANIFEST_ENTRIES] = {
    [VERSION] = {1, COT_CBOR_UINT},   [SEQUENCE] = {2, COT_CBOR_UINT},
    [COMMON] = {3, COT_CBOR_BYTES},   [REFERENCE] = {4, COT_CBOR_TEXT},
    [VALIDATE] = {7, COT_CBOR_BYTES}, [FETCH] = {16, COT_CBOR_BYTES},
    [INSTALL] = {20, COT_CBOR_BYTES}, [INFORMATION] = {23, ANY}};

enum { COMPONENTS, SHARED, COMMON_ENTRIES };
static const entry common_entries[COMMON_ENTRIES] = {
    [COMPONENTS] = {2, ANY}, [SHARED] = {4, COT_CBOR_BYTES}};

enum { VENDOR, CLASS, DIGEST, SIZE, URI, PARAMETERS };
static const entry parameter_entries[PARAMETERS] = {[VENDOR] = {1, COT_CBOR_BYTES},
                                                    [CLASS] = {2, COT_CBOR_BYTES},
                                                    [DIGEST] = {3, COT_CBOR_BYTES},
                                                    [SIZE] = {14, COT_CBOR_UINT},
                                                    [URI] = {21, COT_CBOR_TEXT}};

enum {
    CONDITION_VENDOR = 1,
    CONDITION_CLASS = 2,
    CONDITION_IMAGE = 3,
    DIRECTIVE_COMPONENT = 12,
    DIRECTIVE_OVERRIDE = 20,
    DIRECTIVE_FETCH = 21
};

/* The machine that runs the sequences. */
typedef struct machine {
    const cot_suit_device *device;
    cot_suit_manifest *out;
    cot_cbor_item parameter[PARAMETERS]; /* type NONE: not set */
    bool shared;                         /* the shared sequence is running */
    bool validate;                       /* the validate sequence is running */
    bool vendor_matched;
    bool class_matched;
    bool fetched;
    bool image_known;     /* an image-match has said what out->digest and size are */
    bool image_validated; /* the validate sequence has one */
} machine;

/* Read a map by `table` of `n` entries into `items`; entries that it does not have stay as they are. */
static void read_map(cot_cbor_reader *r, const entry *table, size_t n, cot_cbor_item *items)
{
    size_t i = 0; /* keys below table[i] are past */
    for (uint64_t pairs = cot_cbor_read_map(r); pairs > 0 && r->in.err == COT_OK; pairs--) {
        int64_t key = cot_cbor_read_int(r);
        size_t at = 0;
        while (at < n && table[at].key != key)
            at++;
        if (at == n)
            cot_reader_fail(&r->in, COT_E_UNSUPPORTED);
        else if (at < i)
            cot_reader_fail(&r->in, COT_E_MALFORMED); /* out of order, or twice */
        else if (table[at].type == ANY)
            items[at].bytes = cot_cbor_skip(r);
        else if (table[at].type != (uint8_t)cot_cbor_peek(r))
            cot_reader_fail(&r->in, cot_reader_left(&r->in) > 0 ? COT_E_TYPE : COT_E_TRUNCATED);
        else
            items[at] = cot_cbor_next(r);
        i = at + 1;
    }
}

/* A whole map by a table; *items begin as not given. */
static cot_status parse_map(cot_bytes in, const entry *table, size_t n, cot_cbor_item *items)
{
    cot_cbor_reader r;
    for (size_t i = 0; i < n; i++)
        items[i] = (cot_cbor_item){COT_CBOR_NONE, 0, {NULL, 0}};
    cot_cbor_reader_init(&r, in, COT_CBOR_CANONICAL);
    read_map(&r, table, n, items);
    return cot_reader_end(&r.in);
}

/* [[id…]]: one component, whatever its name. */
static cot_status check_components(cot_bytes in)
{
    cot_cbor_reader r;
    cot_cbor_reader_init(&r, in, COT_CBOR_CANONICAL);
    if (cot_cbor_read_array(&r) != 1)
        cot_reader_fail(&r.in, COT_E_UNSUPPORTED);
    uint64_t segments = cot_cbor_read_array(&r);
    for (; segments > 0 && r.in.err == COT_OK; segments--)
        cot_cbor_read_bytes(&r);
    return cot_reader_end(&r.in);
}

/* --- running the sequences --- */

static cot_status check_id(const cot_cbor_item *wanted, const uint8_t id[static COT_SUIT_ID_SIZE])
{
    cot_bytes bytes = {id, COT_SUIT_ID_SIZE};
    return cot_bytes_equal(wanted->bytes, bytes) ? COT_OK : COT_E_DENIED;
}

/* image-match: at this moment it only says what the image has to be; the bytes come later. All of a
 * manifest's image-matches must mean one image. */
static cot_status match_image(machine *m)
{
    cot_suit_manifest *out = m->out;
    cot_bytes digest;
    uint64_t size = m->parameter[SIZE].arg;
    if (m->parameter[DIGEST].type == COT_CBOR_NONE || m->parameter[SIZE].type == COT_CBOR_NONE)
        return COT_E_UNSUPPORTED;
    cot_status s = cot_suit_digest_parse(m->parameter[DIGEST].bytes, &digest);
    if (s != COT_OK)
        return s;
    if (m->image_known &&
        (out->size != size || memcmp(out->digest, digest.p, sizeof out->digest) != 0))
        return COT_E_UNSUPPORTED;
    memcpy(out->digest, digest.p, sizeof out->digest);
    out->size = size;
    m->image_known = true;
    m->image_validated = m->image_validated || m->validate;
    return size <= m->device->capacity ? COT_OK : COT_E_LIMIT;
}

static cot_status fetch(machine *m)
{
    if (m->parameter[URI].type == COT_CBOR_NONE || m->fetched || m->shared || m->validate)
        return COT_E_UNSUPPORTED;
    m->out->uri = m->parameter[URI].bytes;
    m->fetched = true;
    return COT_OK;
}

/* One command and its argument: a parameter map, or a small number (reporting policy, index). */
static void run_command(machine *m, cot_cbor_reader *r)
{
    int64_t command = cot_cbor_read_int(r);
    cot_status s = COT_OK;
    if (command == DIRECTIVE_OVERRIDE) {
        read_map(r, parameter_entries, PARAMETERS, m->parameter);
        return;
    }
    uint64_t argument = cot_cbor_read_uint(r);
    if (r->in.err != COT_OK)
        return;
    switch (command) {
    case CONDITION_VENDOR:
        s = check_id(&m->parameter[VENDOR], m->device->vendor_id);
        m->vendor_matched = true;
        break;
    case CONDITION_CLASS:
        s = check_id(&m->parameter[CLASS], m->device->class_id);
        m->class_matched = true;
        break;
    case CONDITION_IMAGE:
        s = match_image(m);
        break;
    case DIRECTIVE_COMPONENT:
        s = argument == 0 ? COT_OK : COT_E_UNSUPPORTED;
        break;
    case DIRECTIVE_FETCH:
        s = fetch(m);
        break;
    default:
        s = COT_E_UNSUPPORTED;
    }
    cot_reader_fail(&r->in, s);
}

static cot_status run_sequence(machine *m, cot_bytes sequence)
{
    cot_cbor_reader r;
    cot_cbor_reader_init(&r, sequence, COT_CBOR_CANONICAL);
    uint64_t items = cot_cbor_read_array(&r);
    if (items % 2 != 0)
        cot_reader_fail(&r.in, COT_E_MALFORMED);
    for (; items > 0 && r.in.err == COT_OK; items -= 2)
        run_command(m, &r);
    return cot_reader_end(&r.in);
}

/* The shared sequence and then `own`, as each section of a manifest is run (draft section 6.4). Vendor
 * and class must have been checked before anything of `own` is run. */
static cot_status run_section(machine *m, cot_bytes shared, cot_bytes own)
{
    if (own.len == 0)
        return COT_OK;
    m->shared = true;
    cot_status s = run_sequence(m, shared);
    m->shared = false;
    if (s == COT_OK && (!m->vendor_matched || !m->class_matched))
        s = COT_E_DENIED;
    if (s == COT_OK)
        s = run_sequence(m, own);
    return s;
}

cot_status cot_suit_manifest_check(cot_bytes manifest_map, const cot_suit_device *device,
                                   cot_suit_manifest *out)
{
    static const uint8_t sections[] = {FETCH, INSTALL, VALIDATE};
    cot_cbor_item part[MANIFEST_ENTRIES];
    cot_cbor_item common[COMMON_ENTRIES];
    machine m = {.device = device, .out = out};
    for (size_t i = 0; i < PARAMETERS; i++)
        m.parameter[i].type = COT_CBOR_NONE;
    *out = (cot_suit_manifest){.sequence = 0};

    cot_status s = parse_map(manifest_map, manifest_entries, MANIFEST_ENTRIES, part);
    if (s != COT_OK)
        return s;
    if (part[VERSION].type == COT_CBOR_NONE || part[SEQUENCE].type == COT_CBOR_NONE ||
        part[COMMON].type == COT_CBOR_NONE || part[VALIDATE].type == COT_CBOR_NONE)
        return COT_E_MALFORMED;
    if (part[VERSION].arg != 1)
        return COT_E_UNSUPPORTED;
    out->sequence = part[SEQUENCE].arg;
    if (out->sequence < device->sequence)
        return COT_E_REPLAY;
    s = parse_map(part[COMMON].bytes, common_entries, COMMON_ENTRIES, common);
    if (s == COT_OK && (common[COMPONENTS].bytes.len == 0 || common[SHARED].bytes.len == 0))
        s = COT_E_MALFORMED;
    if (s == COT_OK)
        s = check_components(common[COMPONENTS].bytes);
    for (size_t i = 0; i < sizeof sections && s == COT_OK; i++) {
        m.validate = sections[i] == VALIDATE;
        s = run_section(&m, common[SHARED].bytes, part[sections[i]].bytes);
    }
    if (s == COT_OK && (!m.fetched || !m.image_validated))
        s = COT_E_UNSUPPORTED;
    return s;
}

uint8_t cot_suit_result(cot_status s)
{
    enum { TOO_LARGE = 2, INTEGRITY = 5, UNSUPPORTED_PACKAGE = 6, FAILED = 8 };
    if (s == COT_OK)
        return 0;
    if (s == COT_E_LIMIT || s == COT_E_SPACE)
        return TOO_LARGE;
    if (s == COT_E_AUTH)
        return INTEGRITY;
    if (s == COT_E_DENIED || s == COT_E_UNSUPPORTED || s == COT_E_MALFORMED ||
        s == COT_E_TRUNCATED || s == COT_E_TYPE || s == COT_E_RANGE || s == COT_E_EXISTS)
        return UNSUPPORTED_PACKAGE;
    return FAILED;
}
