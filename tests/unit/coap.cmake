# SPDX-License-Identifier: Apache-2.0
# core/base, core/coap and the seeded lossy link that other areas' tests use too.
add_library(cotter_test_link STATIC ${PROJECT_SOURCE_DIR}/tests/virtual/link.c)
target_include_directories(cotter_test_link PUBLIC ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include)
target_link_libraries(cotter_test_link PRIVATE cotter_warnings)

function(cotter_lossy_test name)
    if(COTTER_KIND STREQUAL "dev")
        add_executable(${name} ${PROJECT_SOURCE_DIR}/tests/virtual/${name}.c
            ${PROJECT_SOURCE_DIR}/tests/virtual/pair.c)
        target_link_libraries(${name} PRIVATE cotter_test_link cotter_core cotter_warnings)
        add_test(NAME virtual/${name} COMMAND ${name})
        set_tests_properties(virtual/${name} PROPERTIES TIMEOUT 120)
    endif()
endfunction()
cotter_lossy_test(coap_request_test)
cotter_lossy_test(coap_blockwise_test)

cotter_unit_test(base_bytes_test unit/base_bytes_test.c LIBS cotter_core)
cotter_unit_test(base_wheel_test unit/base_wheel_test.c LIBS cotter_core cotter_test_link)
cotter_unit_test(coap_msg_test unit/coap_msg_test.c LIBS cotter_core)
cotter_unit_test(coap_view_test unit/coap_view_test.c LIBS cotter_core)
cotter_unit_test(coap_rules_test unit/coap_rules_test.c LIBS cotter_core)
cotter_unit_test(coap_observe_test unit/coap_observe_test.c LIBS cotter_core)
cotter_unit_test(coap_block_test unit/coap_block_test.c LIBS cotter_core)
