/* SPDX-License-Identifier: Apache-2.0 */
/* Texts for cot_status: an object file of its own, so that a device may leave it out. */
#include <cotter/status.h>

const char *cot_status_text(cot_status s)
{
    static const char *const texts[] = {
        "ok",
        "the input ends too early",
        "the input is malformed",
        "the buffer is too small",
        "the value is out of range",
        "the value has the wrong type",
        "not supported",
        "not found",
        "exists already",
        "not allowed",
        "authentication failed",
        "seen before",
        "not possible in this state",
        "not possible now, try again",
        "a limit is reached",
        "the peer did not answer in time",
        "closed",
        "input or output failed",
        "internal error",
    };
    int i = -(int)s;
    return i >= 0 && i < (int)(sizeof texts / sizeof texts[0]) ? texts[i] : "unknown status";
}
