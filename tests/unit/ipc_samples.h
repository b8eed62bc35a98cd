/* SPDX-License-Identifier: Apache-2.0 */
/* One sample of every message, for the unit test and the fuzz harness: ROW(type, name, initializer). */
#ifndef COTTER_TESTS_UNIT_IPC_SAMPLES_H
#define COTTER_TESTS_UNIT_IPC_SAMPLES_H

#include "server/ipc/messages.h"

#define TEXT(t)                                                                                    \
    {                                                                                              \
        (const uint8_t *)(t), sizeof(t) - 1                                                        \
    }
#define IPC_SAMPLES(ROW)                                                                           \
    ROW(IPC_PEER, peer, {.role = IPC_NET, .index = 3, .generation = 7})                            \
    ROW(IPC_PSK_WANTED, psk_wanted,                                                                \
        {.id = 1,                                                                                  \
         .identity = TEXT("device"),                                                               \
         .kind = IPC_MASTER_EXTENDED,                                                              \
         .seed = TEXT("0123456789abcdef0123456789abcdef")})                                        \
    ROW(IPC_MASTER_WANTED, master_wanted,                                                          \
        {.worker = 2,                                                                              \
         .id = 5,                                                                                  \
         .credential = 9,                                                                          \
         .identity = TEXT("device"),                                                               \
         .sealed = TEXT("sealed"),                                                                 \
         .kind = IPC_MASTER_RANDOMS,                                                               \
         .seed = TEXT("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")})        \
    ROW(IPC_MASTER, master, {.id = 5, .credential = 1, .master = {1, 2, 3}})                       \
    ROW(IPC_CREDENTIAL_WANTED, credential_wanted,                                                  \
        {.id = 6, .mode = IPC_X509, .digest = {4}, .name = TEXT("device")})                        \
    ROW(IPC_CREDENTIAL, credential, {.id = 6, .credential = 12})                                   \
    ROW(IPC_SIGN, sign, {.id = 8, .key = 1, .digest = {5}})                                        \
    ROW(IPC_SIGNATURE, signature, {.id = 8, .der = TEXT("signature")})                             \
    ROW(IPC_SEAL, seal, {.id = 9, .identity = TEXT("device"), .secret = TEXT("secret")})           \
    ROW(IPC_SEALED, sealed, {.id = 9, .sealed = TEXT("sealed")})                                   \
    ROW(IPC_REFUSED, refused,                                                                      \
        {.mode = IPC_PSK,                                                                          \
         .reason = IPC_REASON_KEY_WRONG,                                                           \
         .from = {{1}, 5683},                                                                      \
         .identity = TEXT("device")})                                                              \
    ROW(IPC_HELLO, hello, {.worker = 1, .fresh = 1, .registrations = 100})                         \
    ROW(IPC_REGISTER, register,                                                                    \
        {.id = 10,                                                                                 \
         .location = {{1, 2}},                                                                     \
         .mode = IPC_PSK,                                                                          \
         .credential = 4,                                                                          \
         .from = {{2}, 1},                                                                         \
         .lifetime = 60,                                                                           \
         .version = 11,                                                                            \
         .endpoint = TEXT("device"),                                                               \
         .binding = TEXT("U"),                                                                     \
         .links = TEXT("</3/0>")})                                                                 \
    ROW(IPC_UPDATE, update,                                                                        \
        {.id = 11,                                                                                 \
         .location = {{1, 2}},                                                                     \
         .from = {{2}, 1},                                                                         \
         .lifetime = 61,                                                                           \
         .has_binding = 1,                                                                         \
         .has_links = 1,                                                                           \
         .binding = TEXT("UQ"),                                                                    \
         .links = TEXT("</3/0>")})                                                                 \
    ROW(IPC_DEREGISTER, deregister, {.id = 12, .location = {{3}}})                                 \
    ROW(IPC_REFRESH, refresh, {.location = {{3}}, .from = {{4}, 2}})                               \
    ROW(IPC_EXPIRED, expired, {.location = {{3}}})                                                 \
    ROW(IPC_ANSWER, answer, {.id = 12, .code = 0x41})                                              \
    ROW(IPC_DROP, drop, {.location = {{3}}, .end_session = 1})                                     \
    ROW(IPC_COMMAND, command,                                                                      \
        {.id = 13,                                                                                 \
         .location = {{3}},                                                                        \
         .mid = 0x8000,                                                                            \
         .token = {1},                                                                             \
         .operation = IPC_OP_WRITE,                                                                \
         .path = {3, {3, 0, 14}},                                                                  \
         .format = 112,                                                                            \
         .age_ms = 5,                                                                              \
         .payload = TEXT("payload")})                                                              \
    ROW(IPC_READ, read,                                                                            \
        {.id = 14,                                                                                 \
         .location = {{3}},                                                                        \
         .operation = IPC_OP_DISCOVER,                                                             \
         .path = {1, {3}},                                                                         \
         .timeout_ms = 5000})                                                                      \
    ROW(IPC_READ_RESULT, result,                                                                   \
        {.id = 14, .location = {{3}}, .code = 0x45, .format = 112, .payload = TEXT("payload")})    \
    ROW(IPC_NOTIFY, notify,                                                                        \
        {.location = {{3}},                                                                        \
         .token = {2},                                                                             \
         .code = 0x45,                                                                             \
         .format = 112,                                                                            \
         .payload = TEXT("payload")})                                                              \
    ROW(IPC_FIRMWARE_OPEN, firmware_open, {.id = 15, .name = TEXT("0123")})                        \
    ROW(IPC_FIRMWARE, firmware,                                                                    \
        {.id = 15, .status = COT_E_NOT_FOUND, .size = 1 << 20, .etag = {1}})                       \
    ROW(IPC_PROGRESS, progress, {.location = {{3}}, .name = TEXT("0123"), .sent = 5, .size = 6})   \
    ROW(IPC_CALL, call,                                                                            \
        {.id = 16, .api = IPC_API_DEVICE_LIST, .token = TEXT("token"), .args = TEXT("\xa0")})      \
    ROW(IPC_REPLY, reply, {.id = 16, .status = 404, .body = TEXT("\xa0")})                         \
    ROW(IPC_EVENT, event, {.sequence = 17, .name = TEXT("notify"), .body = TEXT("\xa0")})          \
    ROW(IPC_CALL_END, call_end, {.id = 16})

#endif
