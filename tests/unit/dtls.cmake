# SPDX-License-Identifier: Apache-2.0
# dtls/: unit tests, and client against server in virtual time over the lossy link. Not where only the device's
# configuration of Mbed TLS is built: there is no server then.
if(COTTER_DTLS_DEVICE)
    return()
endif()

add_library(cotter_test_dtls STATIC
    ${PROJECT_SOURCE_DIR}/tests/virtual/dtls_pair.c ${PROJECT_SOURCE_DIR}/tests/virtual/dtls_certs.c)
target_link_libraries(cotter_test_dtls PUBLIC cotter_dtls cotter_test_link PRIVATE cotter_warnings)

function(cotter_dtls_virtual name)
    if(COTTER_KIND STREQUAL "dev")
        add_executable(${name} ${PROJECT_SOURCE_DIR}/tests/virtual/${name}.c)
        target_link_libraries(${name} PRIVATE cotter_test_dtls cmocka cotter_warnings)
        add_test(NAME virtual/${name} COMMAND ${name})
        set_tests_properties(virtual/${name} PROPERTIES
            ENVIRONMENT "ASAN_OPTIONS=allow_user_segv_handler=0" TIMEOUT 180)
    endif()
endfunction()
cotter_dtls_virtual(dtls_modes_test)
cotter_dtls_virtual(dtls_lossy_test)
cotter_dtls_virtual(dtls_rules_test)

cotter_unit_test(dtls_record_test unit/dtls_record_test.c LIBS cotter_dtls)
cotter_unit_test(dtls_cookie_test unit/dtls_cookie_test.c LIBS cotter_dtls)
cotter_unit_test(dtls_rpk_test unit/dtls_rpk_test.c LIBS cotter_dtls)
cotter_unit_test(dtls_arena_test unit/dtls_arena_test.c LIBS cotter_dtls)
cotter_unit_test(dtls_nosec_test unit/dtls_nosec_test.c LIBS cotter_dtls)

add_executable(dtls_bench EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/tests/bench/dtls_bench.c)
target_link_libraries(dtls_bench PRIVATE cotter_test_dtls cotter_warnings cotter_hardening)
target_compile_definitions(dtls_bench PRIVATE _GNU_SOURCE)

# Linked before the libraries, it writes a key log to $SSLKEYLOGFILE: test programs only.
add_library(cotter_test_keylog OBJECT ${PROJECT_SOURCE_DIR}/tests/interop/dtls_keylog.c)
target_link_libraries(cotter_test_keylog PRIVATE cotter_dtls cotter_warnings)
target_compile_definitions(cotter_test_keylog PRIVATE MBEDTLS_ALLOW_PRIVATE_ACCESS)

# Interop: our side of tests/interop/dtls.py.
add_executable(dtls_peer ${PROJECT_SOURCE_DIR}/tests/interop/dtls_peer.c
    ${PROJECT_SOURCE_DIR}/tests/interop/dtls_peer_client.c)
target_link_libraries(dtls_peer PRIVATE cotter_test_keylog cotter_test_dtls cotter_warnings)
target_compile_definitions(dtls_peer PRIVATE _GNU_SOURCE)
add_executable(dtls_device_peer ${PROJECT_SOURCE_DIR}/tests/interop/dtls_device_peer.c
    ${PROJECT_SOURCE_DIR}/tests/interop/dtls_peer_client.c)
target_link_libraries(dtls_device_peer PRIVATE cotter_dtls_device cotter_warnings)
target_compile_definitions(dtls_device_peer PRIVATE _GNU_SOURCE)
if(COTTER_KIND STREQUAL "dev")
    add_test(NAME interop/dtls COMMAND ${PROJECT_SOURCE_DIR}/tests/interop/dtls.py
        $<TARGET_FILE:dtls_peer> $<TARGET_FILE:dtls_device_peer>)
    set_tests_properties(interop/dtls PROPERTIES TIMEOUT 300)
endif()

# Both configurations: with P-256 by libcrypto, and the device's own.
cotter_unit_test(dtls_crypto_test unit/dtls_crypto_test.c LIBS cotter_test_dtls)
cotter_unit_test(dtls_crypto_device_test unit/dtls_crypto_test.c virtual/dtls_certs.c
    LIBS cotter_dtls_device OpenSSL::Crypto)

# An Mbed TLS that nobody has tested has to pass before anything that is built with it is used.
if(COTTER_MBEDTLS_UNTESTED AND COTTER_KIND STREQUAL "dev")
    foreach(test dtls_rpk_test dtls_modes_test dtls_rules_test dtls_lossy_test)
        add_custom_command(TARGET ${test} POST_BUILD COMMAND ${test})
    endforeach()
endif()
