// SPDX-License-Identifier: GPL-3.0-or-later
// What the service manager is told (sd_notify(3)). libsystemd only in notify.c. Without a manager all calls do nothing.
#pragma once

void notify_ready(const char *status);     // start-up, or a reload, is complete
void notify_reloading(const char *status); // notify_ready follows in any case
void notify_status(const char *status);
void notify_watchdog(void); // only after a finished control cycle
void notify_stopping(void);
