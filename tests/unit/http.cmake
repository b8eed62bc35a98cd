# SPDX-License-Identifier: Apache-2.0
if(NOT TARGET cotter_http)
    return()
endif()
find_package(CURL REQUIRED)
cotter_unit_test(http_server_test unit/http_server_test.c LIBS cotter_http CURL::libcurl)
