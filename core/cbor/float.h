/* SPDX-License-Identifier: Apache-2.0 */
/* Exact conversion between the bits of IEEE 754 half, single and double (which C's float and double have
 * to be, with subnormals). A signalling NaN becomes quiet. Shared by CBOR and TLV. */
#ifndef COTTER_CBOR_FLOAT_H
#define COTTER_CBOR_FLOAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint64_t cot_half_to_double_bits(uint16_t half);
uint64_t cot_single_to_double_bits(uint32_t single);

/* Does the double fit exactly? Then *out is it. A NaN that does not fit with its payload, does not. */
bool cot_double_bits_to_single(uint64_t bits, uint32_t *out);

/* The shortest exact form of the double *bits: returns 2 (half), 4 (single) or 8, and *bits are its bits. */
size_t cot_double_shortest(uint64_t *bits);

uint64_t cot_double_bits(double v);
double cot_double_of_bits(uint64_t bits);

#endif
