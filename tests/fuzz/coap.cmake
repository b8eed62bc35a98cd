# SPDX-License-Identifier: Apache-2.0
cotter_fuzz(base_reader_fuzz fuzz/base_reader_fuzz.c LIBS cotter_core)
cotter_fuzz(coap_block_fuzz fuzz/coap_block_fuzz.c LIBS cotter_core)
cotter_fuzz(coap_msg_fuzz fuzz/coap_msg_fuzz.c LIBS cotter_core)
cotter_fuzz(coap_rules_fuzz fuzz/coap_rules_fuzz.c LIBS cotter_core)
