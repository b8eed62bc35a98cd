/* SPDX-License-Identifier: Apache-2.0 */
/* Texts for cot_refusal, apart so that a device that does not print them does not carry them. */
#include <cotter/channel.h>

const char *cot_refusal_text(cot_refusal r)
{
    static const char *const text[] = {
        [COT_REFUSAL_NONE] = "not refused",
        [COT_REFUSAL_TIMEOUT] = "the peer did not answer in time",
        [COT_REFUSAL_NO_COMMON_SUITE] = "no cipher suite, curve or certificate type in common",
        [COT_REFUSAL_UNKNOWN_IDENTITY] = "unknown PSK identity",
        [COT_REFUSAL_WRONG_KEY] = "the peer has another key",
        [COT_REFUSAL_UNTRUSTED] = "the certificate is not trusted",
        [COT_REFUSAL_EXPIRED] = "a certificate is out of its validity period",
        [COT_REFUSAL_NAME] = "the certificate is for another name",
        [COT_REFUSAL_UNKNOWN_KEY] = "the raw public key is not the expected one",
        [COT_REFUSAL_DENIED] = "the credential is not registered",
        [COT_REFUSAL_NO_CREDENTIAL] = "no certificate or key was given",
        [COT_REFUSAL_BAD_SIGNATURE] = "the peer does not hold its private key",
        [COT_REFUSAL_PROTOCOL] = "a malformed or unexpected message",
        [COT_REFUSAL_ALERT] = "the peer refused with an alert",
        [COT_REFUSAL_CLOSED] = "the peer closed the session",
        [COT_REFUSAL_MEMORY] = "the peer's messages need more memory than is configured",
        [COT_REFUSAL_EXHAUSTED] = "all record numbers are used",
        [COT_REFUSAL_LOCAL] = "entropy, key or signer of this side failed",
    };
    unsigned i = (unsigned)r;
    return i < sizeof text / sizeof text[0] && text[i] != 0 ? text[i] : "unknown reason";
}
