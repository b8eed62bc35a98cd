# SPDX-License-Identifier: Apache-2.0
cotter_unit_test(sim_client_test unit/sim_client_test.c
    ${PROJECT_SOURCE_DIR}/sim/client.c ${PROJECT_SOURCE_DIR}/sim/serve.c LIBS cotter_core)
