# SPDX-License-Identifier: Apache-2.0
if(NOT COTTER_SERVER)
    return()
endif()
find_package(PkgConfig REQUIRED)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
cotter_fuzz(cli_csv_fuzz fuzz/cli_csv_fuzz.c ${PROJECT_SOURCE_DIR}/cli/csv.c LIBS cotter_core PkgConfig::JANSSON)
