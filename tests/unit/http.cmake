# SPDX-License-Identifier: Apache-2.0
if(NOT TARGET cotter_http)
    return()
endif()
find_package(CURL REQUIRED)
cotter_unit_test(http_server_test unit/http_server_test.c LIBS cotter_http CURL::libcurl)
cotter_unit_test(http_guard_test unit/http_guard_test.c LIBS cotter_http)
cotter_unit_test(http_json_test unit/http_json_test.c LIBS cotter_http)
cotter_unit_test(http_routes_test unit/http_routes_test.c LIBS cotter_http)
