/* SPDX-License-Identifier: Apache-2.0 */
/* Between the two files of the POSIX port. */
#ifndef COTTER_DEVICE_PORT_POSIX_H
#define COTTER_DEVICE_PORT_POSIX_H

#include <cotter/posix.h>

cot_status cot__posix_flash_read(void *ctx, cot_area area, uint32_t offset, void *out, size_t len);
cot_status cot__posix_flash_program(void *ctx, cot_area area, uint32_t offset, const void *bytes,
                                    size_t len);
cot_status cot__posix_flash_erase(void *ctx, cot_area area, uint32_t offset, size_t len);

#endif
