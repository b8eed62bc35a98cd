# SPDX-License-Identifier: Apache-2.0
# The device engine. cotter_test_world is a device and a scripted server in virtual time, for unit/ and virtual/.
if(COTTER_KIND STREQUAL "dev" OR COTTER_KIND STREQUAL "tsan")
    find_package(OpenSSL REQUIRED COMPONENTS Crypto)
    add_library(cotter_test_world STATIC
        ${PROJECT_SOURCE_DIR}/tests/virtual/world_device.c
        ${PROJECT_SOURCE_DIR}/tests/virtual/world_server.c
        ${PROJECT_SOURCE_DIR}/cli/crypto_openssl.c)
    target_include_directories(cotter_test_world PUBLIC ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include)
    target_link_libraries(cotter_test_world PUBLIC cotter_device cotter_core cotter_test_link cotter_dtls OpenSSL::Crypto
        PRIVATE cotter_warnings)
endif()
cotter_unit_test(device_operations_test unit/device_operations_test.c LIBS cotter_test_world)
cotter_unit_test(device_update_test unit/device_update_test.c LIBS cotter_test_world)
cotter_unit_test(device_log_test unit/device_log_test.c LIBS cotter_device)
cotter_unit_test(device_observe_test unit/device_observe_test.c LIBS cotter_test_world)
cotter_unit_test(device_registration_test unit/device_registration_test.c LIBS cotter_test_world)
cotter_unit_test(device_uri_test unit/device_uri_test.c LIBS cotter_device)
