// SPDX-License-Identifier: GPL-3.0-or-later
// The page of report.html in three parts, made of the files in page/ while building. NUL-terminated.
#pragma once

extern const unsigned char report_page_head[];   // until the title
extern const unsigned char report_page_middle[]; // from the title until the data
extern const unsigned char report_page_tail[];   // from the data on
