# SPDX-License-Identifier: Apache-2.0
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
