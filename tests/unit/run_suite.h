// SPDX-License-Identifier: GPL-3.0-or-later
// The end of every test program: runs a suite as the CK_* environment says.
#pragma once

#include <check.h>
#include <stdlib.h>

// Takes the suite over. The program's exit status.
static inline int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
