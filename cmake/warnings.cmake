# SPDX-License-Identifier: Apache-2.0
# The house's warnings and hardening, as interface libraries that each target of ours links.
#   cotter_warnings   the warning list of docs/internals/house.md, -Werror with COTTER_WERROR
#   cotter_hardening  what host programs are compiled and linked with
add_library(cotter_warnings INTERFACE)
target_compile_options(cotter_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-qual
    -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla -Wpointer-arith -Wwrite-strings
    -Wformat=2 -Wimplicit-fallthrough -Wswitch-enum -Wnull-dereference -Wdouble-promotion
    $<$<C_COMPILER_ID:GNU>:-Wcast-align=strict>
    $<$<BOOL:${COTTER_WERROR}>:-Werror>)

add_library(cotter_hardening INTERFACE)
if(NOT CMAKE_CROSSCOMPILING)
    target_compile_options(cotter_hardening INTERFACE
        -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
        $<$<CONFIG:Release,RelWithDebInfo>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3>)
    target_link_options(cotter_hardening INTERFACE -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
endif()
