/* SPDX-License-Identifier: Apache-2.0 */
/* core/lwm2m/tlv.c, tlv_records.c: the examples of the OMA LwM2M specification (core 1.1 section
 * 7.4.5), and what has to be refused. */
#include "tests/unit/records.h"

#include <math.h>

#define TLV COT_FORMAT_TLV

#define DEVICE                                                                                     \
    "c800144f70656e204d6f62696c6520416c6c69616e6365 "                                              \
    "c801164c69676874776569676874204d324d20436c6965"                                               \
    "6e74 c80209333435303030313233 c303312e30 8606 410001 410105 880708 42000ed8 42011388"         \
    "870841007d42010384 c10964 c10a0f 830b410000 c40d5182428f c60e2b30323a3030 c11055"

static put device_resources[16];

static const put *device(const char *const paths[16])
{
    const cot_value values[16] = {
        cot_value_text("Open Mobile Alliance"),
        cot_value_text("Lightweight M2M Client"),
        cot_value_text("345000123"),
        cot_value_text("1.0"),
        cot_value_int(1),
        cot_value_int(5),
        cot_value_int(3800),
        cot_value_int(5000),
        cot_value_int(125),
        cot_value_int(900),
        cot_value_int(100),
        cot_value_int(15),
        cot_value_int(0),
        cot_value_time(1367491215),
        cot_value_text("+02:00"),
        cot_value_text("U"),
    };
    for (size_t i = 0; i < 16; i++)
        device_resources[i] = (put){paths[i], values[i]};
    return device_resources;
}

static const char *const device_paths[16] = {
    "/3/0/0",   "/3/0/1",   "/3/0/2", "/3/0/3",  "/3/0/6/0",  "/3/0/6/1", "/3/0/7/0", "/3/0/7/1",
    "/3/0/8/0", "/3/0/8/1", "/3/0/9", "/3/0/10", "/3/0/11/0", "/3/0/13",  "/3/0/14",  "/3/0/16"};

/* 7.4.5.1: a single-instance object, asked as instance and as object. */
static void device_object(void **state)
{
    (void)state;
    const put *p = device(device_paths);
    encodes(TLV, "/3/0", p, 16, DEVICE);
    decodes(TLV, "/3/0", DEVICE, p, 16);
    encodes(TLV, "/3", p, 16, "080079" DEVICE);
    decodes(TLV, "/3", "080079" DEVICE, p, 16);
    decodes(TLV, "/3/0", "080079" DEVICE, p, 16); /* the instance around it is allowed */
}

/* 7.4.5.2: a multiple-instance object with several instances. */
static void access_control_object(void **state)
{
    (void)state;
    const put p[] = {
        {"/2/0/0", cot_value_int(1)},     {"/2/0/1", cot_value_int(0)},
        {"/2/0/2/127", cot_value_int(7)}, {"/2/0/3", cot_value_int(127)},
        {"/2/2/0", cot_value_int(3)},     {"/2/2/1", cot_value_int(0)},
        {"/2/2/2/127", cot_value_int(7)}, {"/2/2/2/310", cot_value_int(1)},
        {"/2/2/3", cot_value_int(127)},
    };
    const char *hex = "08000e c10001 c10100 8302417f07 c1037f"
                      "080212 c10003 c10100 8702417f07 61013601 c1037f";
    encodes(TLV, "/2", p, COUNT(p), hex);
    decodes(TLV, "/2", hex, p, COUNT(p));
}

/* 7.4.5.2: a multiple-instance object of one instance. */
static void server_object(void **state)
{
    (void)state;
    const put p[] = {{"/1/0/0", cot_value_int(1)},
                     {"/1/0/1", cot_value_int(86400)},
                     {"/1/0/6", cot_value_bool(true)},
                     {"/1/0/7", cot_value_text("U")}};
    const char *hex = "08000f c10001 c40100015180 c10601 c10755";
    encodes(TLV, "/1", p, COUNT(p), hex);
    decodes(TLV, "/1", hex, p, COUNT(p));
}

/* 7.4.5.3: object links. */
static void object_links(void **state)
{
    (void)state;
    const put a[] = {{"/65/0/0/0", cot_value_objlnk(66, 0)},
                     {"/65/0/0/1", cot_value_objlnk(66, 1)},
                     {"/65/0/1", cot_value_text("8613800755500")},
                     {"/65/0/2", cot_value_int(0x12345678)}};
    const char *hex = "88000c 440000420000 440100420001 c8010d38363133383030373535353030"
                      "c40212345678";
    encodes(TLV, "/65/0", a, COUNT(a), hex);
    decodes(TLV, "/65/0", hex, a, COUNT(a));
    const put b[] = {{"/66/0/0", cot_value_text("myService 1")},
                     {"/66/0/1", cot_value_text("Internet.15.234")},
                     {"/66/0/2", cot_value_objlnk(67, 0)},
                     {"/66/1/0", cot_value_text("myService 2")},
                     {"/66/1/1", cot_value_text("Internet.15.235")},
                     {"/66/1/2", cot_value_objlnk(65535, 65535)}};
    hex = "080026 c8000b6d79536572766963652031 c8010f496e7465726e65742e31352e323334 c40200430000"
          "080126 c8000b6d79536572766963652032 c8010f496e7465726e65742e31352e323335 c402ffffffff";
    encodes(TLV, "/66", b, COUNT(b), hex);
    decodes(TLV, "/66", hex, b, COUNT(b));
}

static void single_resources(void **state)
{
    (void)state;
    const put one[] = {{"/3/0/9", cot_value_int(100)}};
    encodes(TLV, "/3/0/9", one, 1, "c10964");
    decodes(TLV, "/3/0/9", "c10964", one, 1);
    const put multi[] = {{"/3/0/7/0", cot_value_int(3800)}, {"/3/0/7/1", cot_value_int(5000)}};
    encodes(TLV, "/3/0/7", multi, 2, "880708 42000ed8 42011388");
    decodes(TLV, "/3/0/7", "880708 42000ed8 42011388", multi, 2);
    decodes(TLV, "/3/0/7", "42000ed8 42011388", multi, 2); /* without the resource around it */
    const put item[] = {{"/3/0/7/1", cot_value_int(5000)}};
    encodes(TLV, "/3/0/7/1", item, 1, "42011388");
    decodes(TLV, "/3/0/7/1", "42011388", item, 1);
    decodes(TLV, "/3/0/7/1", "840742011388", item, 1);
}

static void identifier_and_length_forms(void **state)
{
    static uint8_t long_value[70000];
    static uint8_t buf[70100];
    static const struct {
        uint16_t id;
        size_t len;
        const char *head;
    } cases[] = {
        {0, 0, "c000"},         {255, 7, "c7ff"},         {256, 7, "e70100"},
        {65534, 8, "e8fffe08"}, {1, 255, "c801ff"},       {1, 256, "d0010100"},
        {1, 65535, "d001ffff"}, {1, 65536, "d801010000"}, {300, 70000, "f8012c011170"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        cot_writer w;
        cot_reader r;
        cot_writer_init(&w, buf, sizeof buf);
        cot_tlv_write_head(&w, COT_TLV_RESOURCE, cases[i].id, cases[i].len);
        assert_hex(buf, w.len, cases[i].head);
        cot_write_bytes(&w, long_value, cases[i].len);
        cot_reader_init(&r, buf, w.len);
        cot_tlv t = cot_tlv_read(&r);
        assert_int_equal(cot_reader_end(&r), COT_OK);
        assert_int_equal(t.kind, COT_TLV_RESOURCE);
        assert_int_equal(t.id, cases[i].id);
        assert_int_equal(t.value.len, cases[i].len);
        cot_reader_init(&r, buf, w.len - 1);
        cot_tlv_read(&r);
        assert_int_equal(r.err, COT_E_TRUNCATED);
    }
    cot_writer w;
    cot_writer_init(&w, buf, sizeof buf);
    cot_tlv_write_head(&w, COT_TLV_RESOURCE, 0, 0x1000000);
    assert_int_equal(w.err, COT_E_RANGE);
}

static void value_forms(void **state)
{
    static const struct {
        double f;
        const char *hex;
    } floats[] = {{0.0, "00000000"}, {21.5, "41ac0000"}, {-4.1, "c010666666666666"}};
    static const struct {
        int64_t i;
        const char *hex;
    } ints[] = {{0, "00"},
                {127, "7f"},
                {128, "0080"},
                {-128, "80"},
                {-129, "ff7f"},
                {32767, "7fff"},
                {32768, "00008000"},
                {INT32_MIN, "80000000"},
                {2147483648, "0000000080000000"},
                {INT64_MIN, "8000000000000000"}};
    static const struct {
        uint64_t u;
        const char *hex;
    } uints[] = {{255, "ff"}, {256, "0100"}, {65536, "00010000"}, {UINT64_MAX, "ffffffffffffffff"}};
    uint8_t buf[16];
    cot_writer w;
    cot_value v;
    (void)state;
    for (size_t i = 0; i < COUNT(floats); i++) {
        v = cot_value_float(floats[i].f);
        cot_writer_init(&w, buf, sizeof buf);
        cot_tlv_write_value(&w, &v);
        assert_hex(buf, w.len, floats[i].hex);
        assert_int_equal(cot_tlv_value((cot_bytes){buf, w.len}, COT_FLOAT, &v), COT_OK);
        assert_true(v.as.f == floats[i].f);
    }
    for (size_t i = 0; i < COUNT(ints); i++) {
        v = cot_value_int(ints[i].i);
        cot_writer_init(&w, buf, sizeof buf);
        cot_tlv_write_value(&w, &v);
        assert_hex(buf, w.len, ints[i].hex);
        assert_int_equal(cot_tlv_value((cot_bytes){buf, w.len}, COT_INTEGER, &v), COT_OK);
        assert_true(v.as.i == ints[i].i);
    }
    for (size_t i = 0; i < COUNT(uints); i++) {
        v = cot_value_uint(uints[i].u);
        cot_writer_init(&w, buf, sizeof buf);
        cot_tlv_write_value(&w, &v);
        assert_hex(buf, w.len, uints[i].hex);
        assert_int_equal(cot_tlv_value((cot_bytes){buf, w.len}, COT_UNSIGNED, &v), COT_OK);
        assert_true(v.as.u == uints[i].u);
    }
}

static void value_refusals(void **state)
{
    static const struct {
        const char *hex;
        cot_type want;
    } bad[] = {{"", COT_INTEGER},         {"000001", COT_INTEGER},  {"0000000001", COT_TIME},
               {"", COT_UNSIGNED},        {"010203", COT_UNSIGNED}, {"0102", COT_FLOAT},
               {"", COT_FLOAT},           {"02", COT_BOOLEAN},      {"", COT_BOOLEAN},
               {"0001", COT_BOOLEAN},     {"ff", COT_STRING},       {"0042", COT_OBJLNK},
               {"0042000000", COT_OBJLNK}};
    cot_value v;
    hex_buffer b;
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(cot_tlv_value(from_hex(&b, bad[i].hex), bad[i].want, &v), COT_E_MALFORMED);
    }
    assert_int_equal(cot_tlv_value(from_hex(&b, "01"), COT_NONE, &v), COT_E_TYPE);
}

static void empty_containers(void **state)
{
    (void)state;
    const put p[] = {{"/9/0", {.type = COT_NONE}},
                     {"/9/1/2", {.type = COT_NONE}},
                     {"/9/1/3", cot_value_int(1)},
                     {"/9/2", {.type = COT_NONE}}};
    const char *hex = "0000 0501 8002 c10301 0002";
    encodes(TLV, "/9", p, COUNT(p), hex);
    decodes(TLV, "/9", hex, p, COUNT(p));
    encodes(TLV, "/9/1", NULL, 0, "");
    decodes(TLV, "/9/1", "", NULL, 0);
}

/* Create: bare resources, whose instance the device chooses. */
static void instance_not_named(void **state)
{
    hex_buffer b;
    cot_lwm2m_decoder d;
    cot_lwm2m_record rec;
    cot_lwm2m_path base = path("/9");
    (void)state;
    assert_int_equal(cot_lwm2m_decode_begin(&d, TLV, &base, from_hex(&b, "c10301 84044101 07")),
                     COT_OK);
    assert_int_equal(cot_lwm2m_decode_next(&d, &rec), COT_OK);
    assert_int_equal(rec.path.level, 3);
    assert_int_equal(rec.path.id[1], COT_LWM2M_NO_ID);
    assert_int_equal(rec.path.id[2], 3);
    assert_int_equal(cot_lwm2m_decode_next(&d, &rec), COT_E_TRUNCATED);
    assert_int_equal(cot_lwm2m_decode_next(&d, &rec), COT_E_TRUNCATED);
}

static void refuses(void **state)
{
    (void)state;
    decoding_fails(TLV, "/3/0", "c1", COT_E_TRUNCATED);
    decoding_fails(TLV, "/3/0", "c20964", COT_E_TRUNCATED);
    decoding_fails(TLV, "/3/0", "c809", COT_E_TRUNCATED);
    decoding_fails(TLV, "/3/0", "410001", COT_E_MALFORMED); /* a loose resource instance */
    decoding_fails(TLV, "/3/0", "8606 c10001 410105",
                   COT_E_MALFORMED); /* a resource in a resource */
    decoding_fails(TLV, "/3", "0003 410001", COT_E_MALFORMED);
    decoding_fails(TLV, "/3", "0300 000000", COT_E_MALFORMED); /* an instance in an instance */
    decoding_fails(TLV, "/3", "0303 010000", COT_E_MALFORMED);
    decoding_fails(TLV, "/3/0", "0301 c10964", COT_E_RANGE); /* another instance */
    decoding_fails(TLV, "/3/0/9", "c10a64", COT_E_RANGE);    /* another resource */
    decoding_fails(TLV, "/3/0/7", "8308 410001", COT_E_RANGE);
    decoding_fails(TLV, "/3/0/7/1", "42021388", COT_E_RANGE);
    decoding_fails(TLV, "/3/0/7/1", "c10705", COT_E_RANGE);   /* above the base */
    decoding_fails(TLV, "/3/0", "e1ffff64", COT_E_MALFORMED); /* 65535 is no id */
    decoding_fails(TLV, "/3", "8303 410001 84", COT_E_TRUNCATED);
    decoding_fails(TLV, "/", "c10964", COT_E_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(device_object),    cmocka_unit_test(access_control_object),
        cmocka_unit_test(server_object),    cmocka_unit_test(object_links),
        cmocka_unit_test(single_resources), cmocka_unit_test(identifier_and_length_forms),
        cmocka_unit_test(value_forms),      cmocka_unit_test(value_refusals),
        cmocka_unit_test(empty_containers), cmocka_unit_test(instance_not_named),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
