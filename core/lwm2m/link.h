/* SPDX-License-Identifier: Apache-2.0 */
/* CoRE link format (RFC 6690) as LwM2M uses it: the payload of Register, Update and Discover.
 *   </>;rt="oma.lwm2m";ct="60 112",</1/0>,</3/0>,</5>;ver=1.1,</3303/0/5700>;pmin=10;pmax=60 */
#ifndef COTTER_LWM2M_LINK_H
#define COTTER_LWM2M_LINK_H

#include "core/lwm2m/path.h"

/* --- writing: link, its attributes, next link … --- */

typedef struct cot_link_writer {
    cot_writer *w;
    bool any; /* a link has been written: the next one needs a comma */
} cot_link_writer;

void cot_link_begin(cot_link_writer *l, cot_writer *w);
void cot_link_path(cot_link_writer *l, const cot_lwm2m_path *path);                /* </3/0> */
void cot_link_attr_text(cot_link_writer *l, const char *name, const char *value);  /* ;rt="…" */
void cot_link_attr_token(cot_link_writer *l, const char *name, const char *value); /* ;ver=1.1 */
void cot_link_attr_uint(cot_link_writer *l, const char *name, uint64_t value);     /* ;pmin=10 */
void cot_link_attr_double(cot_link_writer *l, const char *name, double value);     /* ;gt=2.5 */

/* --- reading: one link at a time, its attributes one at a time --- */

typedef struct cot_link_reader {
    cot_reader in;
    bool more;
} cot_link_reader;

typedef struct cot_link {
    cot_bytes target;    /* between < and >, as it stands */
    bool is_path;        /* the target is an LwM2M path below the root given to init */
    cot_lwm2m_path path; /* when is_path; the root path for the root itself */
    cot_bytes attrs;     /* ";rt=…;ct=…" well-formed, read by cot_link_attr */
} cot_link;

typedef struct cot_link_attr_item {
    cot_bytes name;
    cot_bytes
        value; /* without quotes; empty when there is none. Backslash pairs stay as they are */
    bool has_value;
    bool quoted;
} cot_link_attr_item;

void cot_link_reader_init(cot_link_reader *l, cot_bytes payload);

/* The next link. `root` is the client's alternate path ("/lwm2m"; empty: "/"): targets below it become
 * paths. Borrowed from the payload.
 * COT_OK; COT_E_NOT_FOUND (no more); COT_E_MALFORMED, COT_E_TRUNCATED: answer 4.00. */
cot_status cot_link_next(cot_link_reader *l, cot_bytes root, cot_link *out);

/* The next attribute of cot_link.attrs; *attrs moves on. COT_OK; COT_E_NOT_FOUND (no more);
 * COT_E_MALFORMED, COT_E_TRUNCATED (bytes that did not come from cot_link_next). */
cot_status cot_link_attr_next(cot_bytes *attrs, cot_link_attr_item *out);

/* The first attribute of that name; results as of cot_link_attr_next. */
cot_status cot_link_attr_find(cot_bytes attrs, const char *name, cot_link_attr_item *out);

#endif
