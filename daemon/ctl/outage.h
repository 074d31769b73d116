// SPDX-License-Identifier: GPL-3.0-or-later
// aemsctl outage: its own commands, one function each; all return an enum ctl_exit.
#pragma once

#include "daemon/ctl/ctl.h"

int outage_run_status(const struct ctl_options *o);
int outage_run_journal(const struct ctl_options *o);
int outage_run_plan(const struct ctl_options *o);
int outage_run_drill(const struct ctl_options *o);

// Words of the operator.
int outage_run_warn(const struct ctl_options *o);
int outage_run_announce(const struct ctl_options *o);
int outage_run_forbid(const struct ctl_options *o);
int outage_run_force(const struct ctl_options *o);
int outage_run_free(const struct ctl_options *o);
int outage_run_expect(const struct ctl_options *o);

// `drill --simulated`: the whole sequence in this process.
int outage_run_simulate(const struct ctl_options *o);
