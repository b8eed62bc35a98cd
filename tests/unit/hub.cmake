# SPDX-License-Identifier: Apache-2.0
# Tests of server/keys, server/hub and its store.
if(COTTER_SERVER)
    cotter_unit_test(keys_seal_test unit/keys_seal_test.c LIBS cotter_keys)
    cotter_unit_test(keys_master_test unit/keys_master_test.c LIBS cotter_keys)
    cotter_unit_test(keys_files_test unit/keys_files_test.c LIBS cotter_keys)
    cotter_unit_test(keys_process_test unit/keys_process_test.c LIBS cotter_keys)

    cotter_unit_test(store_open_test unit/store_open_test.c LIBS cotter_store)
    cotter_unit_test(store_durability_test unit/store_durability_test.c unit/crash_vfs.c LIBS cotter_store)

    if(NOT COTTER_KIND STREQUAL "fuzz")
        add_library(cotter_test_hub STATIC EXCLUDE_FROM_ALL unit/hub_world.c)
        target_link_libraries(cotter_test_hub PUBLIC cotter_hub cmocka PRIVATE cotter_warnings)
    endif()
    cotter_unit_test(hub_decider_test unit/hub_decider_test.c unit/crash_vfs.c THREADS LIBS cotter_hub)
    cotter_unit_test(hub_process_test unit/hub_process_test.c THREADS LIBS cotter_hub)
    cotter_unit_test(hub_registration_test unit/hub_registration_test.c LIBS cotter_test_hub)
    cotter_unit_test(hub_api_test unit/hub_api_test.c LIBS cotter_test_hub)
    cotter_unit_test(hub_command_test unit/hub_command_test.c LIBS cotter_test_hub)
    cotter_unit_test(hub_upgrade_test unit/hub_upgrade_test.c unit/signer.c LIBS cotter_test_hub)
endif()
