/* SPDX-License-Identifier: Apache-2.0 */
/* Published SUIT examples (data, from draft-ietf-suit-manifest appendix B) and their public key. Both
 * are signed with the same key; example 1 says ESP256 (-9), example 0 ES256 (-7): the same signature. */
#ifndef COTTER_TESTS_UNIT_SUIT_VECTORS_H
#define COTTER_TESTS_UNIT_SUIT_VECTORS_H

#define SUIT_EXAMPLE_KEY                                                                           \
    "8496811aae0baaabd26157189eecda26beaa8bf11b6f3fe6e2b5659c85dbc0ad3b"                           \
    "1f2a4b6c098131c0a36dacd1d78bd381dcdfb09c052db33991db7338b4a896"

/* Example 1: simultaneous download and installation of payload. */
#define SUIT_EXAMPLE_1                                                                             \
    "d86ba2025873825824822f58201f2e7acca0dc2786f2fe4eb947f50873a6"                                 \
    "a3cfaa98866c5b02e621f42074daf2584ad28443a10128a0f65840991492"                                 \
    "41cc392690aa15590cc0d97b8bf5084b3efbf2ca82f33179eed6e7370e44"                                 \
    "517bdd75f5bab97773fca4601e1ada8a5068619de0c648c1208e5a16141d"                                 \
    "21035894a50101020103585fa202818141000458568614a40150fa6b4a53"                                 \
    "d5ad5fdfbe9de663e4d41ffe02501492af1425695e48bf429b2d51f2ab45"                                 \
    "035824822f582000112233445566778899aabbccddeeff0123456789abcd"                                 \
    "effedcba98765432100e1987d0010f020f074382030f1458258614a11578"                                 \
    "1b687474703a2f2f6578616d706c652e636f6d2f66696c652e62696e1502"                                 \
    "030f"

/* Example 0 (an older draft's bytes): secure boot. */
#define SUIT_EXAMPLE_0                                                                             \
    "d86ba2025873825824822f58206658ea560262696dd1f13b782239a064da"                                 \
    "7c6c5cbaf52fded428a6fc83c7e5af584ad28443a10126a0f65840408d08"                                 \
    "16f9b510749bf6a51b066951e08a4438f849eb092a1ac768eed9de696c1b"                                 \
    "1dd35d82ef149e6a73a61976ad2cfe78444b8064293350a122f332cb49f0"                                 \
    "da035871a50101020003585fa202818141000458568614a40150fa6b4a53"                                 \
    "d5ad5fdfbe9de663e4d41ffe02501492af1425695e48bf429b2d51f2ab45"                                 \
    "035824822f582000112233445566778899aabbccddeeff0123456789abcd"                                 \
    "effedcba98765432100e1987d0010f020f074382030f0943821702"

#define SUIT_EXAMPLE_VENDOR "fa6b4a53d5ad5fdfbe9de663e4d41ffe"
#define SUIT_EXAMPLE_CLASS "1492af1425695e48bf429b2d51f2ab45"
#define SUIT_EXAMPLE_IMAGE "00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210"

/* An envelope with integrated payload (64 bytes i · 7), sequence 5, made with Python's cbor2 and
 * cryptography, the same key. */
#define SUIT_INTEGRATED                                                                            \
    "d86ba3025873825824822f58206c399819ef7b9564e30f3f23e3e0b96769"                                 \
    "0ae934804c1d0480f77d367445fa2a584ad28443a10126a0f658407f96e9"                                 \
    "beadcf00b4c2e36d5350bafc1627d434ad1b183a323c115ef0f167f79ebb"                                 \
    "70886f3f96b976fbfde5dcfe5b6cd0a9f8badded01b2c958200791f3a911"                                 \
    "b0035879a50101020503585ea202818141000458558614a40150fa6b4a53"                                 \
    "d5ad5fdfbe9de663e4d41ffe02501492af1425695e48bf429b2d51f2ab45"                                 \
    "035824822f5820d8bc63b4fc1156e5e7d95a418b9bf54cd3174bedbc2db4"                                 \
    "0f74895349b229b3c00e1840010f020f074382030f144c8614a115632366"                                 \
    "771502030f63236677584000070e151c232a31383f464d545b626970777e"                                 \
    "858c939aa1a8afb6bdc4cbd2d9e0e7eef5fc030a11181f262d343b424950"                                 \
    "575e656c737a81888f969da4abb2b9"
#define SUIT_INTEGRATED_PAYLOAD 64

#endif
