# SPDX-License-Identifier: Apache-2.0
# Finds the Mbed TLS source and checks its version; dtls/ builds it with our configuration.
#   COTTER_MBEDTLS_DIR       the source tree; tools/deps puts one at .deps/mbedtls
#   COTTER_MBEDTLS_VERSION   out: its version, one of dtls/mbedtls/TESTED unless COTTER_MBEDTLS_UNTESTED
set(COTTER_MBEDTLS_DIR "${PROJECT_SOURCE_DIR}/.deps/mbedtls" CACHE PATH "Mbed TLS 3.6 source tree")
option(COTTER_MBEDTLS_UNTESTED "Take an Mbed TLS that is not in dtls/mbedtls/TESTED" OFF)

set(build_info "${COTTER_MBEDTLS_DIR}/include/mbedtls/build_info.h")
if(NOT EXISTS "${build_info}")
    message(FATAL_ERROR "Cotter needs the source of Mbed TLS 3.6 and finds none at ${COTTER_MBEDTLS_DIR}. "
        "On Debian run tools/deps.d/mbedtls; elsewhere unpack it and set -DCOTTER_MBEDTLS_DIR=FOLDER.")
endif()
file(STRINGS "${build_info}" line REGEX "define MBEDTLS_VERSION_STRING ")
string(REGEX REPLACE ".*\"([0-9.]+)\".*" "\\1" COTTER_MBEDTLS_VERSION "${line}")

file(STRINGS "${PROJECT_SOURCE_DIR}/dtls/mbedtls/TESTED" tested REGEX "^[0-9]")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${build_info}" "${PROJECT_SOURCE_DIR}/dtls/mbedtls/TESTED")
if(COTTER_MBEDTLS_VERSION IN_LIST tested)
    message(STATUS "Mbed TLS ${COTTER_MBEDTLS_VERSION} at ${COTTER_MBEDTLS_DIR}")
elseif(NOT COTTER_MBEDTLS_VERSION MATCHES "^3\\.6\\.")
    message(FATAL_ERROR "Mbed TLS ${COTTER_MBEDTLS_VERSION} at ${COTTER_MBEDTLS_DIR} is not a 3.6: "
        "Cotter wraps functions that only 3.6 has.")
elseif(COTTER_MBEDTLS_UNTESTED)
    message(WARNING "Mbed TLS ${COTTER_MBEDTLS_VERSION} is not in dtls/mbedtls/TESTED; run the dtls tests before you trust it.")
else()
    message(FATAL_ERROR "Mbed TLS ${COTTER_MBEDTLS_VERSION} at ${COTTER_MBEDTLS_DIR} is not in dtls/mbedtls/TESTED (${tested}). "
        "-DCOTTER_MBEDTLS_UNTESTED=ON takes it all the same.")
endif()
