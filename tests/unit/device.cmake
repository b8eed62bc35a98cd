# SPDX-License-Identifier: Apache-2.0
# The device engine. cotter_test_world is a device and a scripted server in virtual time, for unit/ and virtual/.
if(COTTER_KIND STREQUAL "dev" OR COTTER_KIND STREQUAL "tsan")
    add_library(cotter_test_world STATIC
        ${PROJECT_SOURCE_DIR}/tests/virtual/world_channel.c
        ${PROJECT_SOURCE_DIR}/tests/virtual/world_device.c
        ${PROJECT_SOURCE_DIR}/tests/virtual/world_server.c)
    target_include_directories(cotter_test_world PUBLIC ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include)
    target_link_libraries(cotter_test_world PUBLIC cotter_device cotter_core cotter_test_link cotter_crypto_libcrypto
        PRIVATE cotter_warnings)
endif()
cotter_unit_test(device_operations_test unit/device_operations_test.c LIBS cotter_test_world)
cotter_unit_test(device_update_test unit/device_update_test.c LIBS cotter_test_world)
cotter_unit_test(device_log_test unit/device_log_test.c LIBS cotter_device)
cotter_unit_test(device_observe_test unit/device_observe_test.c LIBS cotter_test_world)
cotter_unit_test(device_registration_test unit/device_registration_test.c LIBS cotter_test_world)
cotter_unit_test(device_uri_test unit/device_uri_test.c LIBS cotter_device)
if(COTTER_KIND STREQUAL "dev")
    add_executable(device_lossy_test ${PROJECT_SOURCE_DIR}/tests/virtual/device_lossy_test.c)
    target_link_libraries(device_lossy_test PRIVATE cotter_test_world cotter_warnings)
    add_test(NAME virtual/device_lossy_test COMMAND device_lossy_test)
    set_tests_properties(virtual/device_lossy_test PROPERTIES TIMEOUT 300)
endif()
