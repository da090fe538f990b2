#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs one fuzzer: run_fuzzer.sh BINARY SECONDS. Seeds come from fuzz/corpus/<name>; new inputs and crashes stay
# below build/asan/.
set -euo pipefail
readonly fuzzer=$1 seconds=$2
name=$(basename "$fuzzer")
readonly found=build/asan/found/$name log=build/asan/found/$name.log seeds=fuzz/corpus/$name
mkdir -p "$found"
inputs=("$found")
[ ! -d "$seeds" ] || inputs+=("$seeds")
options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$found.")
[ ! -f "fuzz/$name.dict" ] || options+=(-dict="fuzz/$name.dict")
if "$fuzzer" "${options[@]}" "${inputs[@]}" >"$log" 2>&1; then
  printf '%s: %s runs, no failure\n' "$name" "$(awk '/number_of_executed_units/ { print $2 }' "$log")"
else
  tail -n 60 "$log"
  printf '%s: FAILED, the input is beside %s\n' "$name" "$log"
  exit 1
fi
