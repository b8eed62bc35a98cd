# SPDX-License-Identifier: Apache-2.0
cotter_unit_test(ipc_test unit/ipc_test.c LIBS cotter_ipc)
cotter_unit_test(loop_test unit/loop_test.c LIBS cotter_ipc)
cotter_unit_test(ipc_messages_test unit/ipc_messages_test.c LIBS cotter_ipc)
