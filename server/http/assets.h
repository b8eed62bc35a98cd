/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are built into the program: see server/http/embed.cmake. */
#ifndef COTTER_SERVER_HTTP_ASSETS_H
#define COTTER_SERVER_HTTP_ASSETS_H

#include <stddef.h>

extern const unsigned char http_openapi_json[];
extern const size_t http_openapi_json_len;
extern const unsigned char http_page_html[];
extern const size_t http_page_html_len;

#endif
