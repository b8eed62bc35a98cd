# SPDX-License-Identifier: Apache-2.0
if(NOT TARGET cotter_http)
    return()
endif()
cotter_fuzz(http_arguments_fuzz fuzz/http_arguments_fuzz.c LIBS cotter_http)
cotter_fuzz(http_json_fuzz fuzz/http_json_fuzz.c LIBS cotter_http)
cotter_fuzz(http_text_fuzz fuzz/http_text_fuzz.c LIBS cotter_http)
