# SPDX-License-Identifier: Apache-2.0
if(COTTER_DTLS_DEVICE)
    return()
endif()
cotter_fuzz(dtls_record_fuzz fuzz/dtls_record_fuzz.c LIBS cotter_dtls)
cotter_fuzz(dtls_cookie_fuzz fuzz/dtls_cookie_fuzz.c LIBS cotter_dtls)
cotter_fuzz(dtls_rpk_fuzz fuzz/dtls_rpk_fuzz.c LIBS cotter_dtls)
cotter_fuzz(dtls_certificate_fuzz fuzz/dtls_certificate_fuzz.c LIBS cotter_test_dtls)
