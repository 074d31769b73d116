#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Writes aems.yaml and aems.schema.json anew: reference.sh PROGRAM FOLDER (called by `ninja reference`).
set -eu
"$1" reference >"$2/aems.yaml.new"
"$1" schema >"$2/aems.schema.json.new"
mv "$2/aems.yaml.new" "$2/aems.yaml"
mv "$2/aems.schema.json.new" "$2/aems.schema.json"
