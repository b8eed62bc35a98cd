# SPDX-License-Identifier: Apache-2.0
find_package(PkgConfig REQUIRED)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
find_package(CURL REQUIRED)
cotter_unit_test(cli_output_test unit/cli_output_test.c ${PROJECT_SOURCE_DIR}/cli/output.c
    LIBS cotter_core PkgConfig::JANSSON CURL::libcurl m)
if(TARGET cli_output_test)
    target_compile_definitions(cli_output_test PRIVATE _GNU_SOURCE)
endif()
