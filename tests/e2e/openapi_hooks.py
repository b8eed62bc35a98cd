# SPDX-License-Identifier: Apache-2.0
"""What the OpenAPI document cannot say: how the special text formats are made, and that the event stream of a test
ends. Loaded by schemathesis (SCHEMATHESIS_HOOKS)."""
import base64
import datetime
import json

import schemathesis
from hypothesis import strategies as st

# SubjectPublicKeyInfo of P-256 up to the point, and points of the curve: G and 2G.
HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
POINTS = [
    "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
    "7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978"
    "07775510db8ed040293d9ac69f7430dbba7dade63ce982299e04b79d227873d1",
]
SPKI = [base64.b64encode(HEAD + bytes.fromhex(p)).decode() for p in POINTS]
PEM = ["-----BEGIN PUBLIC KEY-----\n" + s[:64] + "\n" + s[64:] + "\n-----END PUBLIC KEY-----\n" for s in SPKI]
LINES = [json.dumps({"endpoint": f"import-{i}", "mode": "psk", "secret": "00112233445566778899aabbccddeeff"})
         for i in range(9)]

schemathesis.openapi.format("p256-spki-base64", st.sampled_from(SPKI))
schemathesis.openapi.format("p256-public-key-pem", st.sampled_from(PEM))
schemathesis.openapi.format("date-time", st.datetimes(
    min_value=datetime.datetime(2040, 1, 1), max_value=datetime.datetime(2900, 1, 1)
).map(lambda t: t.isoformat(timespec="milliseconds") + "Z"))
schemathesis.openapi.media_type("application/x-ndjson", st.lists(st.sampled_from(LINES), min_size=1, max_size=3, unique=True)
                                .map(lambda lines: "\n".join(lines).encode()))


@schemathesis.hook
def before_call(context, case, kwargs):
    """Waiting is tested elsewhere: here the stream ends at once and nothing waits long."""
    if case.operation.label == "GET /events" and "wait" not in (case.query or {}):
        case.query = {**(case.query or {}), "wait": 0}
    for name in ("wait", "timeout"):
        value = str((case.query or {}).get(name, ""))  # some phases make a number, some its text
        if value.isdecimal() and int(value) > 1:
            case.query[name] = type(case.query[name])(1)
