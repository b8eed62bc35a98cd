# SPDX-License-Identifier: Apache-2.0
if(NOT COTTER_SERVER)
    return()
endif()
cotter_unit_test(ipc_test unit/ipc_test.c LIBS cotter_ipc)
cotter_unit_test(loop_test unit/loop_test.c LIBS cotter_ipc)
cotter_unit_test(ipc_messages_test unit/ipc_messages_test.c LIBS cotter_ipc)
cotter_unit_test(net_table_test unit/net_table_test.c LIBS cotter_net)

# A worker in the test's own process, in virtual time.
function(cotter_net_test name)
    cotter_unit_test(${name} unit/${name}.c unit/net_world.c LIBS cotter_net ${ARGN})
    if(TARGET ${name})
        target_link_options(${name} PRIVATE -Wl,--wrap=clock_gettime)
    endif()
endfunction()
cotter_net_test(net_rd_test)

# The same worker, built so that it dies at a store of its choice.
if(COTTER_KIND STREQUAL "dev")
    find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)
    add_library(cotter_net_kill STATIC ${COTTER_NET_SOURCES})
    target_compile_definitions(cotter_net_kill PUBLIC COTTER_TABLE_KILL)
    target_link_libraries(cotter_net_kill PUBLIC cotter_ipc cotter_dtls OpenSSL::Crypto PRIVATE cotter_warnings)
    cotter_unit_test(net_table_kill_test unit/net_table_kill_test.c unit/net_world.c LIBS cotter_net_kill)
    target_link_options(net_table_kill_test PRIVATE -Wl,--wrap=clock_gettime)
endif()
