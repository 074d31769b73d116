// SPDX-License-Identifier: GPL-3.0-or-later
// Writes what is made from the option table: aems-reference reference|schema > FILE. Built, not installed.
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"

int main(int argc, char **argv)
{
    int code = -1;
    if (argc == 2 && strcmp(argv[1], "reference") == 0)
        code = conf_write_reference(stdout);
    else if (argc == 2 && strcmp(argv[1], "schema") == 0)
        code = conf_write_schema(stdout);
    else
        fputs("usage: aems-reference reference|schema\n", stderr);
    return code == 0 ? 0 : 1;
}
