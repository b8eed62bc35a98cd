/* SPDX-License-Identifier: Apache-2.0 */
/* The tables and why each index is there: docs/internals/store.md. Times are UTC milliseconds; ids of
 * AUTOINCREMENT tables are never used again. */
#include "server/hub/store/schema.h"

#define SCHEMA_GROUPS                                                                              \
    "CREATE TABLE groups(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"         \
    " vendor BLOB NOT NULL, class BLOB NOT NULL, policy INTEGER NOT NULL, parallel INTEGER NOT "   \
    "NULL,"                                                                                        \
    " release BLOB, key BLOB, stopped INTEGER NOT NULL DEFAULT 0, devices INTEGER NOT NULL "       \
    "DEFAULT 0,"                                                                                   \
    " sweep INTEGER, created_at INTEGER NOT NULL);"                                                \
    "CREATE INDEX groups_sweep ON groups(id) WHERE sweep IS NOT NULL;"                             \
    "CREATE TABLE counters(name TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;"              \
    "CREATE TABLE boot(one INTEGER PRIMARY KEY CHECK(one = 1), id BLOB NOT NULL);"

#define SCHEMA_DEVICES                                                                             \
    "CREATE TABLE devices(id INTEGER PRIMARY KEY AUTOINCREMENT, endpoint TEXT NOT NULL UNIQUE,"    \
    " mode INTEGER NOT NULL, grp INTEGER REFERENCES groups(id), version TEXT, sequence INTEGER,"   \
    " mid INTEGER NOT NULL, created_at INTEGER NOT NULL, seen_at INTEGER);"                        \
    "CREATE INDEX devices_group ON devices(grp, endpoint) WHERE grp IS NOT NULL;"                  \
    "CREATE INDEX devices_sweep ON devices(grp, id) WHERE grp IS NOT NULL;"                        \
    "CREATE TABLE credentials(id INTEGER PRIMARY KEY AUTOINCREMENT,"                               \
    " device INTEGER NOT NULL REFERENCES devices(id) ON DELETE CASCADE, mode INTEGER NOT NULL,"    \
    " identity TEXT, digest BLOB, sealed BLOB);"                                                   \
    "CREATE INDEX credentials_device ON credentials(device);"                                      \
    "CREATE UNIQUE INDEX credentials_identity ON credentials(identity, mode)"                      \
    " WHERE identity IS NOT NULL;"                                                                 \
    "CREATE UNIQUE INDEX credentials_digest ON credentials(digest) WHERE digest IS NOT NULL;"      \
    "CREATE TRIGGER devices_add AFTER INSERT ON devices BEGIN"                                     \
    " INSERT INTO counters VALUES('devices', 1) ON CONFLICT DO UPDATE SET n = n + 1;"              \
    " UPDATE groups SET devices = devices + 1 WHERE id = new.grp; END;"                            \
    "CREATE TRIGGER devices_remove AFTER DELETE ON devices BEGIN"                                  \
    " UPDATE counters SET n = n - 1 WHERE name = 'devices';"                                       \
    " UPDATE groups SET devices = devices - 1 WHERE id = old.grp; END;"                            \
    "CREATE TRIGGER devices_move AFTER UPDATE OF grp ON devices BEGIN"                             \
    " UPDATE groups SET devices = devices - 1 WHERE id = old.grp;"                                 \
    " UPDATE groups SET devices = devices + 1 WHERE id = new.grp; END;"

/* The narrow row is what a lifetime refresh touches; links lie apart. probe: what is still to be read of a
 * new registration (0: nothing), due at probe_at. */
#define SCHEMA_REGISTRATIONS                                                                       \
    "CREATE TABLE registrations(location BLOB PRIMARY KEY,"                                        \
    " device INTEGER NOT NULL UNIQUE REFERENCES devices(id) ON DELETE CASCADE,"                    \
    " worker INTEGER NOT NULL, mode INTEGER NOT NULL, credential INTEGER NOT NULL,"                \
    " ip BLOB NOT NULL, port INTEGER NOT NULL, lifetime INTEGER NOT NULL, version INTEGER NOT "    \
    "NULL,"                                                                                        \
    " binding TEXT NOT NULL, registered_at INTEGER NOT NULL, seen_at INTEGER NOT NULL,"            \
    " probe INTEGER NOT NULL, probe_at INTEGER NOT NULL) WITHOUT ROWID;"                           \
    "CREATE INDEX registrations_probe ON registrations(probe_at) WHERE probe > 0;"                 \
    "CREATE TABLE links(device INTEGER PRIMARY KEY REFERENCES devices(id) ON DELETE CASCADE,"      \
    " links BLOB NOT NULL);"                                                                       \
    "CREATE TRIGGER registrations_add AFTER INSERT ON registrations BEGIN"                         \
    " INSERT INTO counters VALUES('registered', 1), ('worker.' || new.worker, 1)"                  \
    " ON CONFLICT DO UPDATE SET n = n + 1; END;"                                                   \
    "CREATE TRIGGER registrations_remove AFTER DELETE ON registrations BEGIN"                      \
    " UPDATE counters SET n = n - 1 WHERE name IN ('registered', 'worker.' || old.worker);"        \
    " UPDATE devices SET seen_at = old.seen_at WHERE id = old.device; END;"

/* state of commands: command.h. `idem` is the idempotency key. */
#define SCHEMA_COMMANDS                                                                            \
    "CREATE TABLE vals(device INTEGER NOT NULL REFERENCES devices(id) ON DELETE CASCADE,"          \
    " path INTEGER NOT NULL, type INTEGER NOT NULL, value, at INTEGER NOT NULL,"                   \
    " PRIMARY KEY(device, path)) WITHOUT ROWID;"                                                   \
    "CREATE TABLE observations(device INTEGER NOT NULL REFERENCES devices(id) ON DELETE CASCADE,"  \
    " path INTEGER NOT NULL, token BLOB NOT NULL, attributes TEXT NOT NULL,"                       \
    " created_at INTEGER NOT NULL, PRIMARY KEY(device, path)) WITHOUT ROWID;"                      \
    "CREATE TABLE commands(id INTEGER PRIMARY KEY AUTOINCREMENT,"                                  \
    " device INTEGER NOT NULL REFERENCES devices(id) ON DELETE CASCADE, operation INTEGER NOT "    \
    "NULL,"                                                                                        \
    " path INTEGER NOT NULL, format INTEGER NOT NULL, payload BLOB, origin INTEGER NOT NULL,"      \
    " state INTEGER NOT NULL, code INTEGER, detail TEXT, mid INTEGER, token BLOB, idem BLOB,"      \
    " created_at INTEGER NOT NULL, sent_at INTEGER, again INTEGER NOT NULL DEFAULT 0, "            \
    "finished_at INTEGER);"                                                                        \
    "CREATE INDEX commands_device ON commands(device, id);"                                        \
    "CREATE INDEX commands_open ON commands(device, id) WHERE state IN (0, 1);"                    \
    "CREATE INDEX commands_sent ON commands(sent_at) WHERE state = 1;"                             \
    "CREATE UNIQUE INDEX commands_idem ON commands(device, idem) WHERE idem IS NOT NULL;"

/* A new release makes the groups of its class look through their devices; also when someone writes it
 * past the API. */
#define SCHEMA_RELEASES                                                                            \
    "CREATE TABLE releases(seq INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE,"        \
    " version TEXT NOT NULL, grp INTEGER REFERENCES groups(id) ON DELETE SET NULL,"                \
    " vendor BLOB NOT NULL, class BLOB NOT NULL,"                                                  \
    " sequence INTEGER NOT NULL, size INTEGER NOT NULL, digest BLOB NOT NULL,"                     \
    " state INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL, envelope BLOB NOT NULL);"     \
    "CREATE INDEX releases_class ON releases(class, vendor, sequence) WHERE state = 0;"            \
    "CREATE INDEX releases_version ON releases(class, vendor, version);"                           \
    "CREATE TRIGGER releases_add AFTER INSERT ON releases BEGIN"                                   \
    " UPDATE groups SET sweep = 0 WHERE class = new.class AND vendor = new.vendor; END;"           \
    "CREATE TABLE upgrades(device INTEGER NOT NULL REFERENCES devices(id) ON DELETE CASCADE,"      \
    " release BLOB NOT NULL, grp INTEGER NOT NULL, state INTEGER NOT NULL,"                        \
    " attempts INTEGER NOT NULL, sent INTEGER NOT NULL, size INTEGER NOT NULL, result INTEGER,"    \
    " detail TEXT, due_at INTEGER, updated_at INTEGER NOT NULL, offer INTEGER NOT NULL,"           \
    " PRIMARY KEY(device, release)) WITHOUT ROWID;"                                                \
    "CREATE INDEX upgrades_due ON upgrades(due_at) WHERE due_at IS NOT NULL;"                      \
    "CREATE INDEX upgrades_group ON upgrades(grp, state, device);"

#define SCHEMA_PEOPLE                                                                              \
    "CREATE TABLE tokens(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL,"                \
    " role INTEGER NOT NULL, hash BLOB NOT NULL UNIQUE, created_at INTEGER NOT NULL,"              \
    " expires_at INTEGER, used_at INTEGER);"                                                       \
    "CREATE TABLE audit(id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL,"                \
    " actor TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL);"    \
    "CREATE TABLE refusals(id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL,"             \
    " identity TEXT NOT NULL, mode INTEGER NOT NULL, reason INTEGER NOT NULL, ip BLOB NOT NULL,"   \
    " port INTEGER NOT NULL);"                                                                     \
    "CREATE INDEX refusals_identity ON refusals(identity, id);"                                    \
    "CREATE TABLE requests(request BLOB PRIMARY KEY, made TEXT NOT NULL, at INTEGER NOT NULL)"     \
    " WITHOUT ROWID;"                                                                              \
    "CREATE INDEX requests_at ON requests(at);"

static const char *const version_1[] = {
    SCHEMA_GROUPS, SCHEMA_DEVICES, SCHEMA_REGISTRATIONS, SCHEMA_COMMANDS, SCHEMA_RELEASES,
    SCHEMA_PEOPLE, NULL,
};

const char *const *const store__migration[STORE_VERSION] = {version_1};
