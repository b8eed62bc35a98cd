# SPDX-License-Identifier: Apache-2.0
if(COTTER_KIND STREQUAL "fuzz")
    set(world ${PROJECT_SOURCE_DIR}/tests/virtual)
    cotter_fuzz(device_message_fuzz fuzz/device_message_fuzz.c ${world}/world_channel.c ${world}/world_device.c
        ${world}/world_server.c ${world}/link.c LIBS cotter_device cotter_crypto_libcrypto)
    cotter_fuzz(device_credentials_fuzz fuzz/device_credentials_fuzz.c ${PROJECT_SOURCE_DIR}/examples/credentials.c
        LIBS cotter_device)
    cotter_fuzz(device_uri_fuzz fuzz/device_uri_fuzz.c LIBS cotter_device)
    cotter_fuzz(device_log_fuzz fuzz/device_log_fuzz.c LIBS cotter_device)
endif()
