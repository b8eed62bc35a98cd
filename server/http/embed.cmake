# SPDX-License-Identifier: Apache-2.0
# Makes a C array of a file:  cmake -DIN=page.html -DNAME=http_page_html -DOUT=page.c -P embed.cmake
file(READ ${IN} hex HEX)
string(LENGTH "${hex}" digits)
math(EXPR len "${digits} / 2")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REPEAT . 80 line)
string(REGEX REPLACE "(${line})" "\\1\n" bytes "${bytes}")
file(WRITE ${OUT} "/* Made by embed.cmake from ${IN}. */
#include \"server/http/assets.h\"

const unsigned char ${NAME}[] = {
${bytes}};
const size_t ${NAME}_len = ${len};
")
