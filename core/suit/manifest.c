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

#define ANY COT_CBOR_NONE

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

/* The value of an entry: a number, a string's bytes, or the bytes of what is read over. */
typedef union value {
    uint64_t number;
    cot_bytes bytes;
} value;

/* The machine that runs the sequences. */
typedef struct machine {
    const cot_suit_device *device;
    cot_suit_manifest *out;
    unsigned given;   /* parameters that are set, a bit each */
    unsigned checked; /* VENDOR and CLASS, a bit each */
    bool shared;      /* the shared sequence is running */
    bool validate;    /* the validate sequence is running */
    bool fetched;
    bool image_known;     /* an image-match has said what out->digest and size are */
    bool image_validated; /* the validate sequence has one */
    value parameter[PARAMETERS];
} machine;

/* Read a map by `table` of `n` entries into `values`; those of entries that it does not have stay as they
 * are. Returns which it has, a bit each. */
static unsigned read_map(cot_cbor_reader *r, const entry *table, size_t n, value *values)
{
    unsigned given = 0;
    for (size_t pairs = (size_t)cot_cbor_read_map(r); pairs > 0 && r->in.err == COT_OK; pairs--) {
        cot_cbor_item item = {.type = ANY};
        uint32_t key = cot_cbor_read_u32(r);
        size_t i = 0;
        while (i < n && table[i].key != key)
            i++;
        if (i == n) {
            cot_reader_fail(&r->in, COT_E_UNSUPPORTED);
            break;
        }
        if (given >> i != 0)
            cot_reader_fail(&r->in, COT_E_MALFORMED); /* out of order, or twice */
        given |= 1u << i;
        if (table[i].type == ANY)
            item.bytes = cot_cbor_skip(r);
        else
            item = cot_cbor_next(r);
        if ((uint8_t)item.type != table[i].type)
            cot_reader_fail(&r->in, COT_E_TYPE);
        if (item.type == COT_CBOR_UINT)
            values[i].number = item.arg;
        else
            values[i].bytes = item.bytes;
    }
    return given;
}

/* A whole map by a table, with all of `required`. */
static cot_status parse_map(cot_bytes in, const entry *table, size_t n, unsigned required,
                            value *values)
{
    cot_cbor_reader r;
    memset(values, 0, n * sizeof *values);
    cot_cbor_reader_init(&r, in, COT_CBOR_CANONICAL);
    if ((read_map(&r, table, n, values) & required) != required)
        cot_reader_fail(&r.in, COT_E_MALFORMED);
    return cot_reader_end(&r.in);
}

/* [[id…]]: one component, whatever its name. */
static cot_status check_components(cot_bytes in)
{
    cot_cbor_reader r;
    cot_cbor_reader_init(&r, in, COT_CBOR_CANONICAL);
    if (cot_cbor_read_array(&r) != 1)
        cot_reader_fail(&r.in, COT_E_UNSUPPORTED);
    size_t segments = (size_t)cot_cbor_read_array(&r);
    for (; segments > 0 && r.in.err == COT_OK; segments--)
        cot_cbor_read_bytes(&r);
    return cot_reader_end(&r.in);
}

/* --- running the sequences --- */

/* Parameter VENDOR or CLASS is given, and is this device's. */
static cot_status check_id(machine *m, size_t i)
{
    cot_bytes id = {i == VENDOR ? m->device->vendor_id : m->device->class_id, COT_SUIT_ID_SIZE};
    m->checked |= 1u << i;
    return cot_bytes_equal(m->parameter[i].bytes, id) ? COT_OK : COT_E_DENIED;
}

/* image-match: at this moment it only says what the image has to be; the bytes come later. All of a
 * manifest's image-matches must mean one image. */
static cot_status match_image(machine *m)
{
    cot_suit_manifest *out = m->out;
    cot_bytes digest;
    uint64_t size = m->parameter[SIZE].number;
    if ((m->given >> SIZE & 1) == 0 ||
        cot_suit_digest_parse(m->parameter[DIGEST].bytes, &digest) != COT_OK)
        return COT_E_UNSUPPORTED;
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
    if ((m->given >> URI & 1) == 0 || m->fetched || m->shared || m->validate)
        return COT_E_UNSUPPORTED;
    m->out->uri = m->parameter[URI].bytes;
    m->fetched = true;
    return COT_OK;
}

/* One command and its argument: a parameter map, or a small number (reporting policy, index). */
static void run_command(machine *m, cot_cbor_reader *r)
{
    uint32_t command = cot_cbor_read_u32(r);
    cot_status s = COT_OK;
    if (command == DIRECTIVE_OVERRIDE) {
        m->given |= read_map(r, parameter_entries, PARAMETERS, m->parameter);
        return;
    }
    uint32_t argument = cot_cbor_read_u32(r);
    if (r->in.err != COT_OK)
        return;
    switch (command) {
    case CONDITION_VENDOR:
    case CONDITION_CLASS:
        s = check_id(m, command == CONDITION_VENDOR ? VENDOR : CLASS);
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
    size_t left = (size_t)cot_cbor_read_array(&r);
    if (left % 2 != 0)
        cot_reader_fail(&r.in, COT_E_MALFORMED);
    for (; left > 0 && r.in.err == COT_OK; left -= 2)
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
    if (s == COT_OK && m->checked != (1u << VENDOR | 1u << CLASS))
        s = COT_E_DENIED;
    if (s == COT_OK)
        s = run_sequence(m, own);
    return s;
}

cot_status cot_suit_manifest_check(cot_bytes manifest_map, const cot_suit_device *device,
                                   cot_suit_manifest *out)
{
    static const uint8_t sections[] = {FETCH, INSTALL, VALIDATE};
    const unsigned required = 1u << VERSION | 1u << SEQUENCE | 1u << COMMON | 1u << VALIDATE;
    value part[MANIFEST_ENTRIES];
    value common[COMMON_ENTRIES];
    machine m = {.device = device, .out = out};

    memset(out, 0, sizeof *out);
    cot_status s = parse_map(manifest_map, manifest_entries, MANIFEST_ENTRIES, required, part);
    if (s != COT_OK)
        return s;
    if (part[VERSION].number != 1)
        return COT_E_UNSUPPORTED;
    out->sequence = part[SEQUENCE].number;
    if (out->sequence < device->sequence)
        return COT_E_REPLAY;
    s = parse_map(part[COMMON].bytes, common_entries, COMMON_ENTRIES,
                  1u << COMPONENTS | 1u << SHARED, common);
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
