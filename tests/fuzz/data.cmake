# SPDX-License-Identifier: Apache-2.0
# core/cbor, core/lwm2m, core/cose, core/suit
foreach(parser cbor records text link suit)
    cotter_fuzz(data_${parser}_fuzz fuzz/data_${parser}_fuzz.c LIBS cotter_core)
endforeach()
