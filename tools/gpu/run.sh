#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Tests, trains and times device cuda on a machine with a GPU that has nothing of ours: run from the folder that holds .gpu (see
# pack.mjs). What is printed is short; logs go to $OUT/logs.tar.gz, after each part anew. Parts can be chosen: run.sh probe train shakespeare test conformance time
# acceptance check profile
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=${NABLA_GPU_WORK:-/tmp/nabla-gpu}
packed=${OUT:-/tmp/nabla-gpu-out}
mkdir -p "$packed" "$work/logs"
packed=$(cd "$packed" && pwd)
OUT=$(cd "$work/logs" && pwd)
started=$SECONDS
say() { echo "[$((SECONDS - started)) s] $*"; }

unpack() {
  tar -C "$work" -xJf "$1" 2> /dev/null ||
    python3 -c "import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])" "$1" "$work" || exit 1
}
mkdir -p "$work"
[ -x "$work/bin/node" ] || unpack "$here/packages.tar.xz"
unpack "$here/modules.tar.xz"
cp -r "$here/tools/." "$work/tools/gpu/"
cd "$work" || exit 1
export PATH="$work/bin:$PATH:/usr/local/cuda/bin" PYTHONUNBUFFERED=1
say "unpacked; node $(node --version), $(ldd --version 2>&1 | head -1), $(nproc) processors"
nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.sm --format=csv,noheader

# cuBLAS comes with PyTorch's packages or with the toolkit.
cublas=$(python3 - << 'PYTHON'
import glob, sysconfig
places = [sysconfig.get_paths()['purelib'] + '/nvidia/**/libcublas.so.1[23]', '/usr/local/cuda*/**/libcublas.so.1[23]']
found = [path for place in places for path in sorted(glob.glob(place, recursive=True))]
print(found[0] if found else '')
PYTHON
)
say "cuBLAS: ${cublas:-none found}"
[ -n "$cublas" ] && export LD_LIBRARY_PATH="$(dirname "$cublas")${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"

probe() {
  timeout 60 node tools/gpu/probe.mjs 2>&1 | tee "$OUT/probe.log"
  say "probe ended with $?"
}

# jest on device cuda alone: `jest NAME SECONDS PATTERN...`
jest() {
  local name=$1 seconds=$2 workers=$(($(nproc) > 12 ? 12 : $(nproc)))
  shift 2
  NABLA_TEST_DEVICES=cuda timeout "$seconds" node node_modules/jest/bin/jest.js --silent --ci -w "$workers" --json \
    --outputFile="$work/$name.json" --testPathIgnorePatterns processes.test tar.test leaks.test --testPathPatterns "$@" \
    > "$work/$name.log" 2>&1
  say "$name ended with $?"
  if [ -f "$work/$name.json" ]; then
    node tools/gpu/summary.mjs "$work/$name.json" "$OUT/$name-failures.txt"
  else
    cp "$work/$name.log" "$OUT"
    grep -E '^(PASS|FAIL)' "$OUT/$name.log" | cut -d' ' -f1 | sort | uniq -c
    grep '●' "$OUT/$name.log" | sort -u | head -40
  fi
}

# Drawing and rounding the factors of our own products takes half a minute of the processor. Of models those that train networks of every kind, and that replay the steps of decoders.
tests() {
  NABLA_CUBLAS=0 jest jest-own-product 150 core/src/ops/linear core/src/ops/attention core/src/backend/kernels core/src/backend/cuda-
  jest jest-models 60 models/src/training/every-network models/src/generation/recorded
  jest jest 170 packages/core packages/layers packages/optimizers packages/testing
}

# tfjs-core's own op suite.
conformance() {
  timeout 150 node tools/conformance/conformance.mjs --device cuda > "$OUT/conformance.log" 2>&1
  say "conformance ended with $?: $(tail -1 "$OUT/conformance.log")"
  grep '✗' "$OUT/conformance.log" | head -20
}

train() {
  timeout 90 node tools/gpu/train.mjs 2>&1 | tee "$OUT/train.log"
  say "train ended with $?"
}

# `time_as SECONDS NAME WORDS...`: what a program prints of its times, under a name of which report.py reads it.
time_as() {
  timeout "$1" "${@:3}" > "$work/time-$2.json" 2> "$work/time-$2.err" || {
    say "$2 ended with $?"
    tail -n 2 "$work/time-$2.err"
  }
}

# `times SECONDS [NAME]`: all cases, or those whose names begin so; see time.mjs.
times() {
  local seconds=$1 only=${2:-} precision
  for precision in float32 tf32 bf16; do
    export NABLA_PRECISION=$precision
    time_as "$seconds" "nabla-$precision" node tools/gpu/time.mjs cuda $only
    time_as "$seconds" "torch-$precision" python3 tools/gpu/time.py $only
    [ -n "$only" ] || NABLA_CUBLAS=0 time_as "$seconds" "nabla-own-$precision" node tools/gpu/time.mjs cuda matmul
    python3 tools/gpu/report.py {nabla,torch}-$precision $([ -n "$only" ] || echo "nabla-own-$precision") | tee -a "$OUT/times.txt"
  done
  unset NABLA_PRECISION
}

# The figures that device cuda must reach, each beside PyTorch's in the same run; last the writing of one text, beside transformers.
acceptance() {
  timeout 150 node tools/gpu/acceptance.mjs > "$OUT/acceptance.json" 2> "$OUT/acceptance-nabla.err"
  say "acceptance.mjs ended with $?"
  timeout 150 python3 tools/gpu/acceptance.py "$OUT/acceptance.json" 2> "$OUT/acceptance-torch.err" | tee "$OUT/acceptance.txt"
  tail -n 3 "$OUT"/acceptance-*.err
  times 40 write
}

# nanoGPT's setting for a GPU, whose published validation loss is 1.47 (config/train_shakespeare_char.py).
shakespeare() {
  local setting="layers=6 heads=6 width=384 context=256 batchSize=64 dropout=0.2 evaluateEvery=250 checkpointEvery=0 logEvery=50"
  [ -f input.txt ] || { say 'shakespeare left out: the text was not packed'; return; }
  timeout 330 node packages/cli/bin/nabla.js train transformer --data input.txt --steps 5000 --precision bf16 --device cuda \
    $(printf -- '--set %s ' $setting) --out "$work/runs/shakespeare" --json > "$OUT/shakespeare.jsonl" 2> "$OUT/shakespeare.err"
  say "shakespeare ended with $?: $(tail -1 "$OUT/shakespeare.jsonl" | cut -c1-300)"
  node packages/cli/bin/nabla.js evaluate "$work/runs/shakespeare" --best --device cuda 2>&1 | tail -5
}

# Tensors of more than 2^31 elements; then every byte that kernels touch, checked by NVIDIA's tool, in one short program.
check() {
  timeout 40 node tools/gpu/large.mjs > "$OUT/large.log" 2>&1
  say "large ended with $?"
  grep -v '^✓' "$OUT/large.log"
  sanitizer memcheck 100
  sanitizer racecheck 160
}

# `sanitizer TOOL SECONDS`: where it ends with 124 it was cut off, and what it had found stands in the log.
sanitizer() {
  NABLA_CUBLAS=0 timeout -k 5 "$2" compute-sanitizer --tool "$1" --error-exitcode 9 node tools/gpu/probe.mjs small > "$OUT/$1.log" 2>&1
  say "$1 ended with $?: $(tail -1 "$OUT/$1.log")"
  grep -m 10 -E '^✗|Invalid|Error:|Warning:' "$OUT/$1.log"
}

# Where the GPU's time goes in a training step, by kernel.
profile() {
  timeout -k 5 70 ncu --metrics gpu__time_duration.sum --clock-control none --print-units base --launch-skip 1200 \
    --launch-count 1200 --kill yes --csv --page raw node tools/gpu/time.mjs cuda "$1" > "$work/ncu-$1.csv" 2> "$work/ncu-$1.err"
  say "ncu ended with $?"
  python3 tools/gpu/kernel_times.py "$work/ncu-$1.csv" | tee "$OUT/profile-$1.txt"
}

for part in ${*:-probe train test conformance time acceptance check profile}; do
  say "== $part"
  case $part in
    probe) probe ;;
    test) tests ;;
    conformance) conformance ;;
    train) train ;;
    shakespeare) shakespeare ;;
    time) times 60 ;;
    acceptance) acceptance ;;
    check) check ;;
    profile) NABLA_PRECISION=tf32 profile gpt_6L6H384 ;;
    *) say "there is no such part" ;;
  esac
  tar -C "$OUT" -czf "$packed/logs.tar.gz" .
done
say "done"
