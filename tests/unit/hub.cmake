# SPDX-License-Identifier: Apache-2.0
# Tests of server/keys, server/hub and its store.
if(COTTER_SERVER)
    cotter_unit_test(keys_seal_test unit/keys_seal_test.c LIBS cotter_keys)
    cotter_unit_test(keys_master_test unit/keys_master_test.c LIBS cotter_keys)
    cotter_unit_test(keys_files_test unit/keys_files_test.c LIBS cotter_keys)
endif()
