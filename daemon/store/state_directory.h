// SPDX-License-Identifier: GPL-3.0-or-later
// The directory of what survives: made, locked against a second instance, corrupt files set aside.
#pragma once

// Makes the directory and those above it (mode 0750). AEMS_E_IO, errno says why.
int state_directory_make(const char *directory);

// The same, and locks <directory>/lock until the descriptor is closed.
// AEMS_E_STATE: another instance has it; AEMS_E_IO: not usable, errno says why.
int state_directory_lock(const char *directory, int *ret_fd);

// Renames `path` and its companions -wal and -shm to <path>.corrupt-<UTC>. AEMS_E_IO.
int state_set_aside(const char *path);
