/* SPDX-License-Identifier: Apache-2.0 */
/* SUIT manifest: read it, and run its command sequences against this device. */
#include "core/suit/manifest.h"

#include "core/cbor/reader.h"
#include "core/suit/digest.h"

#include <string.h>

enum {
    KEY_VERSION = 1,
    KEY_SEQUENCE = 2,
    KEY_COMMON = 3,
    KEY_REFERENCE = 4,
    KEY_VALIDATE = 7,
    KEY_FETCH = 16,
    KEY_INSTALL = 20,
    KEY_TEXT = 23
};
enum { COMMON_COMPONENTS = 2, COMMON_SHARED = 4 };
enum {
    CONDITION_VENDOR = 1,
    CONDITION_CLASS = 2,
    CONDITION_IMAGE = 3,
    DIRECTIVE_COMPONENT = 12,
    DIRECTIVE_OVERRIDE = 20,
    DIRECTIVE_FETCH = 21
};
enum {
    PARAMETER_VENDOR = 1,
    PARAMETER_CLASS = 2,
    PARAMETER_DIGEST = 3,
    PARAMETER_SIZE = 14,
    PARAMETER_URI = 21
};

/* The parts of a manifest; an empty one is not there. */
typedef struct parts {
    bool version;
    bool sequence;
    cot_bytes shared;
    cot_bytes fetch;
    cot_bytes install;
    cot_bytes validate;
} parts;

/* The machine that runs the sequences. */
typedef struct machine {
    const cot_suit_device *device;
    cot_suit_manifest *out;
    cot_bytes vendor; /* parameters; empty: not set */
    cot_bytes class_id;
    cot_bytes digest;
    cot_bytes uri;
    uint64_t size;
    bool has_size;
    bool shared; /* the shared sequence is running */
    bool vendor_matched;
    bool class_matched;
    bool fetched;
    bool image_known;     /* an image-match has said what out->digest and size are */
    bool image_validated; /* the validate sequence has one */
    bool validate;        /* the validate sequence is running */
} machine;

/* --- reading the map --- */

/* The next key of a canonical map: an integer above the ones before. */
static int64_t read_key(cot_cbor_reader *r, int64_t *last)
{
    int64_t key = cot_cbor_read_int(r);
    if (r->in.err == COT_OK && (key < 0 || key <= *last))
        cot_reader_fail(&r->in, key < 0 ? COT_E_UNSUPPORTED : COT_E_MALFORMED);
    *last = key;
    return key;
}

/* [[id…]]: one component, whatever its name. */
static void read_components(cot_cbor_reader *r)
{
    if (cot_cbor_read_array(r) != 1)
        cot_reader_fail(&r->in, COT_E_UNSUPPORTED);
    uint64_t segments = cot_cbor_read_array(r);
    for (; segments > 0 && r->in.err == COT_OK; segments--)
        cot_cbor_read_bytes(r);
}

static cot_status read_common(cot_bytes in, parts *p)
{
    cot_cbor_reader r;
    int64_t last = -1;
    bool components = false;
    cot_cbor_reader_init(&r, in, COT_CBOR_CANONICAL);
    for (uint64_t pairs = cot_cbor_read_map(&r); pairs > 0 && r.in.err == COT_OK; pairs--) {
        int64_t key = read_key(&r, &last);
        if (key == COMMON_COMPONENTS) {
            read_components(&r);
            components = true;
        } else if (key == COMMON_SHARED) {
            p->shared = cot_cbor_read_bytes(&r);
        } else {
            cot_reader_fail(&r.in, COT_E_UNSUPPORTED);
        }
    }
    if (!components)
        cot_reader_fail(&r.in, COT_E_MALFORMED);
    return cot_reader_end(&r.in);
}

/* A command sequence; one that is severed (a digest in its place) is outside our profile. */
static cot_bytes read_sequence(cot_cbor_reader *r)
{
    if (cot_cbor_peek(r) == COT_CBOR_ARRAY)
        cot_reader_fail(&r->in, COT_E_UNSUPPORTED);
    return cot_cbor_read_bytes(r);
}

static void read_entry(cot_cbor_reader *r, int64_t key, const cot_suit_device *device, parts *p,
                       cot_suit_manifest *out)
{
    switch (key) {
    case KEY_VERSION:
        p->version = true;
        if (cot_cbor_read_uint(r) != 1)
            cot_reader_fail(&r->in, COT_E_UNSUPPORTED);
        return;
    case KEY_SEQUENCE:
        p->sequence = true;
        out->sequence = cot_cbor_read_uint(r);
        if (r->in.err == COT_OK && out->sequence < device->sequence)
            cot_reader_fail(&r->in, COT_E_REPLAY);
        return;
    case KEY_COMMON:
        cot_reader_fail(&r->in, read_common(cot_cbor_read_bytes(r), p));
        return;
    case KEY_REFERENCE:
        cot_cbor_read_text(r);
        return;
    case KEY_VALIDATE:
        p->validate = read_sequence(r);
        return;
    case KEY_FETCH:
        p->fetch = read_sequence(r);
        return;
    case KEY_INSTALL:
        p->install = read_sequence(r);
        return;
    case KEY_TEXT:
        cot_cbor_skip(r);
        return;
    default:
        cot_reader_fail(&r->in, COT_E_UNSUPPORTED);
    }
}

static cot_status read_manifest(cot_bytes in, const cot_suit_device *device, parts *p,
                                cot_suit_manifest *out)
{
    cot_cbor_reader r;
    int64_t last = -1;
    cot_cbor_reader_init(&r, in, COT_CBOR_CANONICAL);
    for (uint64_t pairs = cot_cbor_read_map(&r); pairs > 0 && r.in.err == COT_OK; pairs--) {
        int64_t key = read_key(&r, &last);
        read_entry(&r, key, device, p, out);
    }
    if (!p->version || !p->sequence || p->shared.len == 0 || p->validate.len == 0)
        cot_reader_fail(&r.in, COT_E_MALFORMED);
    return cot_reader_end(&r.in);
}

/* --- running the sequences --- */

static void override_parameters(machine *m, cot_cbor_reader *r)
{
    int64_t last = -1;
    for (uint64_t pairs = cot_cbor_read_map(r); pairs > 0 && r->in.err == COT_OK; pairs--) {
        switch (read_key(r, &last)) {
        case PARAMETER_VENDOR:
            m->vendor = cot_cbor_read_bytes(r);
            break;
        case PARAMETER_CLASS:
            m->class_id = cot_cbor_read_bytes(r);
            break;
        case PARAMETER_DIGEST:
            cot_reader_fail(&r->in, cot_suit_digest_parse(cot_cbor_read_bytes(r), &m->digest));
            break;
        case PARAMETER_SIZE:
            m->size = cot_cbor_read_uint(r);
            m->has_size = true;
            break;
        case PARAMETER_URI:
            m->uri = cot_cbor_read_text(r);
            break;
        default:
            cot_reader_fail(&r->in, COT_E_UNSUPPORTED);
        }
    }
}

static cot_status check_id(cot_bytes wanted, const uint8_t id[static COT_SUIT_ID_SIZE])
{
    bool same = wanted.len == COT_SUIT_ID_SIZE && memcmp(wanted.p, id, COT_SUIT_ID_SIZE) == 0;
    return same ? COT_OK : COT_E_DENIED;
}

/* image-match: at this moment it only says what the image has to be; the bytes come later. All of a
 * manifest's image-matches must mean one image. */
static cot_status match_image(machine *m)
{
    cot_suit_manifest *out = m->out;
    if (m->digest.len == 0 || !m->has_size)
        return COT_E_UNSUPPORTED;
    if (m->image_known &&
        (out->size != m->size || memcmp(out->digest, m->digest.p, sizeof out->digest) != 0))
        return COT_E_UNSUPPORTED;
    memcpy(out->digest, m->digest.p, sizeof out->digest);
    out->size = m->size;
    m->image_known = true;
    m->image_validated = m->image_validated || m->validate;
    return out->size <= m->device->capacity ? COT_OK : COT_E_LIMIT;
}

static cot_status fetch(machine *m)
{
    if (m->uri.len == 0 || m->fetched || m->shared || m->validate)
        return COT_E_UNSUPPORTED;
    m->out->uri = m->uri;
    m->fetched = true;
    return COT_OK;
}

/* One command and its argument: a parameter map, or a small number (reporting policy, index). */
static void run_command(machine *m, cot_cbor_reader *r)
{
    int64_t command = cot_cbor_read_int(r);
    cot_status s = COT_OK;
    if (command == DIRECTIVE_OVERRIDE) {
        override_parameters(m, r);
        return;
    }
    uint64_t argument = cot_cbor_read_uint(r);
    if (r->in.err != COT_OK)
        return;
    switch (command) {
    case CONDITION_VENDOR:
        s = check_id(m->vendor, m->device->vendor_id);
        m->vendor_matched = m->vendor_matched || m->shared;
        break;
    case CONDITION_CLASS:
        s = check_id(m->class_id, m->device->class_id);
        m->class_matched = m->class_matched || m->shared;
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

/* The shared sequence and then `own`, as each section of a manifest is run (draft section 6.4). */
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
    parts p = {.version = false};
    machine m = {.device = device, .out = out};
    *out = (cot_suit_manifest){.sequence = 0};
    cot_status s = read_manifest(manifest_map, device, &p, out);
    if (s == COT_OK)
        s = run_section(&m, p.shared, p.fetch);
    if (s == COT_OK)
        s = run_section(&m, p.shared, p.install);
    m.validate = true;
    if (s == COT_OK)
        s = run_section(&m, p.shared, p.validate);
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
