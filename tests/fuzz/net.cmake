# SPDX-License-Identifier: Apache-2.0
if(NOT COTTER_SERVER)
    return()
endif()
cotter_fuzz(ipc_messages_fuzz fuzz/ipc_messages_fuzz.c LIBS cotter_ipc)
cotter_fuzz(net_worker_fuzz fuzz/net_worker_fuzz.c LIBS cotter_net)
