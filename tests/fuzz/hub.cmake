# SPDX-License-Identifier: Apache-2.0
if(COTTER_SERVER)
    cotter_fuzz(hub_message_fuzz fuzz/hub_message_fuzz.c unit/crash_vfs.c LIBS cotter_hub)
endif()
