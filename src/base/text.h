/*
 * Octets as text and back: hexadecimal, base64, and the nibble-coded decimal digits of EID and
 * ICCID. All functions write into the caller's buffer and allocate nothing.
 */
#ifndef DUNLIN_BASE_TEXT_H
#define DUNLIN_BASE_TEXT_H

#include "base/err.h"
#include "base/slice.h"

/* Upper-case hex with closing NUL; needs 2 * in.n + 1 octets, else E_NOSPACE. */
MUST_USE enum err hex_encode(slice in, char *out, size_t size);
/* Either case, an even number of digits, nothing else. E_SYNTAX or E_NOSPACE; *n is set on success.
 */
MUST_USE enum err hex_decode(slice text, uint8_t *out, size_t size, size_t *n);

/* Octets of the UTF-8 sign (RFC 3629) at the head of s, which is not empty, and its number; 0:
 * there is none. */
size_t utf8_sign(slice s, uint32_t *sign);

/*
 * What a peer sends as text, for a terminal: what is no UTF-8, controls (C0, DEL, C1) and marks
 * that turn the direction of writing become '?'. Cut to size - 1 octets, never within a sign;
 * returns buf, which size > 0 octets of always hold a NUL.
 */
char *text_printable(slice s, char *buf, size_t size);

/* Octets that base64 text of n octets needs, without a NUL. */
#define B64_LEN(n) (((n) + 2) / 3 * 4)
/* Standard alphabet, padded, without line breaks or NUL. Needs B64_LEN(in.n) octets. */
MUST_USE enum err b64_encode(slice in, char *out, size_t size, size_t *n);
/* Tolerates white space anywhere and absent padding (seen in the field); else E_SYNTAX. */
MUST_USE enum err b64_decode(slice text, uint8_t *out, size_t size, size_t *n);

/* EID: 32 decimal digits <-> 16 octets, first digit in the high nibble (SGP.22 0.3, SGP.29). */
#define EID_LEN    16
#define EID_DIGITS 32
MUST_USE enum err eid_from_digits(slice digits, uint8_t eid[EID_LEN]);
void eid_to_digits(const uint8_t eid[EID_LEN], char digits[EID_DIGITS + 1]);
/* 32 digits whose number modulo 97 is 1 (SGP.29). */
bool eid_valid(const uint8_t eid[EID_LEN]);

/* ICCID: 18 to 20 decimal digits <-> 10 octets as in EF_ICCID: nibbles swapped, padded with F. */
#define ICCID_LEN    10
#define ICCID_DIGITS 20
MUST_USE enum err iccid_from_digits(slice digits, uint8_t iccid[ICCID_LEN]);
/* Drops the padding; E_SYNTAX when a nibble is neither digit nor closing F. */
MUST_USE enum err iccid_to_digits(slice iccid, char digits[ICCID_DIGITS + 1]);
/* A decimal number from 0 on, digits alone; E_SYNTAX. */
MUST_USE enum err decimal_decode(slice text, int64_t *n);

/*
 * "name" or "name:port" with a fully qualified domain name, perhaps with its closing dot: nothing
 * that could become part of a request line. One label alone and numeric addresses pass too.
 */
bool host_valid(slice host);

/* The Luhn check digit of a string of decimal digits, as a character. */
char luhn_digit(slice digits);

#endif
