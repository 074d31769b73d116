#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Adds up what the test programs themselves counted and closes with `N passed, N failed`.

Each argument is a testlog.json of meson. A Check or unittest program counts with its single tests, any other as one.
A log that is missing, or a program that ended badly without counting, is a failure.
"""

import json
import re
import sys

CHECK = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)", re.M)
UNITTEST_RAN = re.compile(r"^Ran (\d+) tests? in", re.M)
UNITTEST_BAD = re.compile(r"(failures|errors)=(\d+)")


def count(record):
    output = record.get("stdout", "") + record.get("stderr", "")
    ended_well = record["result"] in ("OK", "EXPECTEDFAIL")
    total = bad = 0
    for checks, failures, errors in CHECK.findall(output):
        total += int(checks)
        bad += int(failures) + int(errors)
    ran = UNITTEST_RAN.search(output)
    if ran:
        total += int(ran[1])
        last = output[ran.end():]
        bad += sum(int(n) for _, n in UNITTEST_BAD.findall(last))
    if total == 0:
        return (1, 0) if ended_well else (0, 1)
    if not ended_well:
        bad = max(bad, 1)
    return total - bad, bad


def main(logs):
    passed = failed = 0
    for log in logs:
        try:
            with open(log, encoding="utf-8") as lines:
                records = [json.loads(line) for line in lines]
        except OSError as error:
            print(f"{log}: {error.strerror}: its tests did not run")
            failed += 1
            continue
        for record in records:
            good, bad = count(record)
            passed += good
            failed += bad
            if bad:
                print(f"FAILED: {record['name']} ({record['result']}, {bad} failed)")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
