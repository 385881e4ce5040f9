#include "uicc_package.h"

#include "der/der.h"

#include <stdio.h>

const char UICC_MILENAGE[] =
    "A1(A1(800101 810100 8210465B5CE8B199B49FAA5F0A2EE238A6BC 8310CD63CB71954A9F4E48A5994E37A0"
    "2BAF)) 820106";
const char UICC_TUAK[] =
    "A1(A1(800102 810108 8210ABABABABABABABABABABABABABABABAB 8320BD04D9530E87513C5D837AC2AD95"
    "4623A8E2330C115305A73EB45D1F40CCCBFF)) 820106";

/* Elements from hex, one after another; a '(' opens the content of the tag before it, a ')' closes
 * it: "A2(8A0105 8B032F0601)". */
static const char *put(const char *text, uint8_t *out, size_t *n);

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static const char *put_content(const char *text, uint8_t *out, size_t *n)
{
    static const uint8_t none;
    uint8_t content[UICC_PACKAGE_MAX], head[DER_HEAD_MAX];
    size_t length = 0, h;

    text = put(text, content, &length);
    h = der_put_head(0x30, length, head);
    memcpy(out + *n, head + 1, h - 1); /* the tag stands there already */
    *n += h - 1;
    memcpy(out + *n, length ? content : &none, length);
    *n += length;
    return text;
}

static const char *put(const char *text, uint8_t *out, size_t *n)
{
    while (*text && *text != ')') {
        if (*text == '(') {
            text = put_content(text + 1, out, n);
            text += *text == ')';
        } else if (*text == ' ') {
            text++;
        } else {
            out[(*n)++] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
            text += 2;
        }
    }
    return text;
}

slice uicc_package(const char *aka, const char *extra, uint8_t *buf)
{
    char text[1024];
    size_t n = 0;

    /* version 2.3, ICCID 8900 0123 4567 8901 2399, services: usim, milenage, tuak128 */
    put("A0(800102 810103 830A89000123456789012399 A5(81008400 8500) A6(060667810F010201"
        "060667810F010204))",
        buf, &n);
    /* MF: ICCID, DIR, ARR with four rules: 1 DF; 2 read always, update ADM1; 3 read and update
       PIN1, deactivate and activate ADM1; 4 read and update ADM1 */
    put("B0(A0(8000 810101) 810667810F010201"
        "A2(A1(8B032F0601 C602010A))"
        "A4(A1(8B032F0602) 830A98001032547698103299)"
        "A5(A1(820442210020 8B032F0602 800120) 83(61184F0CA0000000871002FF49FF058950085553494D7465"
        "7374))"
        "A6(A1(820442210020 8B032F0602 800180)"
        "83(80015EA40683010A950108) 820115 83(8001019000800102A40683010A950108) 820110"
        "83(800103A406830101950108800118A40683010A950108) 82010A"
        "83(800103A40683010A950108)))",
        buf, &n);
    put("A3(A0(8000 810102) A1(30(800101 810831313131FFFFFFFF)))", buf, &n);
    put("A2(A0(8000 810103) A1(A0(30(800101 810830303030FFFFFFFF 820101 830106)"
        "30(80010A 81083535353535353535 830103 8402 00AA))))",
        buf, &n);
    put("B3(A0(8000 810104) 810667810F010204"
        "A2(A1(83027FD0 84(A0000000871002FF49FF0589) 8B032F0601 C603010A81))"
        "A3(A1(8B032F0603) 8309080910101032547699)"
        "A4(A1(820442210020 8B032F0602 800120) 83(80015EA40683010A950108))"
        "A8(A1(8B032F0602) 830E0000000420000000000000000000)"
        "AC(A1(8B032F0604)) B6(A1(8B032F0602) 830411F2FF00))",
        buf, &n);
    snprintf(text, sizeof text, "A4(A0(8000 810105) %s)", aka);
    put(text, buf, &n);
    if (extra)
        put(extra, buf, &n);
    put("AA(A0(8000 810106))", buf, &n);
    return slice_of(buf, n);
}
