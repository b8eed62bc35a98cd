# SPDX-License-Identifier: Apache-2.0
# core/cbor, core/lwm2m, core/cose, core/suit
foreach(test cbor_float cbor_writer lwm2m_path lwm2m_text lwm2m_value lwm2m_tlv lwm2m_senml lwm2m_content lwm2m_link lwm2m_types)
    cotter_unit_test(${test}_test unit/${test}_test.c LIBS cotter_core)
endforeach()
foreach(test cbor_reader lwm2m_number)
    cotter_unit_test(${test}_test unit/${test}_test.c LIBS cotter_core m)
endforeach()
foreach(test cose_sign1 suit_envelope suit_manifest suit_intake)
    cotter_unit_test(${test}_test unit/${test}_test.c unit/signer.c
        LIBS cotter_crypto_libcrypto cotter_core)
endforeach()
