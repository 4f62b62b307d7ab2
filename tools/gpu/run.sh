#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Tests, trains and times device cuda on a machine with a GPU that has nothing of ours: run from the folder that holds .gpu (see
# pack.mjs). Logs go to $OUT; what is printed is short. Parts can be chosen: run.sh probe train test time check profile
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
OUT=${OUT:-/tmp/nabla-gpu-out}
mkdir -p "$OUT"
OUT=$(cd "$OUT" && pwd)
work=${NABLA_GPU_WORK:-/tmp/nabla-gpu}
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
export PATH="$work/bin:$PATH:/usr/local/cuda/bin"
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

tests() {
  NABLA_CUBLAS=0 jest jest-own-product 40 core/src/ops/linear core/src/ops/attention core/src/backend/kernels
  jest jest 170 packages/core packages/layers packages/optimizers packages/testing
}

train() {
  timeout 90 node tools/gpu/train.mjs 2>&1 | tee "$OUT/train.log"
  say "train ended with $?"
}

times() {
  timeout 60 node tools/gpu/time.mjs cuda > "$work/time-nabla.json" 2> "$work/time-nabla.err"
  NABLA_TF32=1 timeout 60 node tools/gpu/time.mjs cuda > "$work/time-nabla-tf32.json" 2> "$work/time-nabla-tf32.err"
  NABLA_CUBLAS=0 timeout 60 node tools/gpu/time.mjs cuda matmul > "$work/time-nabla-own.json" 2> "$work/time-nabla-own.err"
  timeout 60 python3 tools/gpu/time.py > "$work/time-torch.json" 2> "$work/time-torch.err"
  NABLA_TF32=1 timeout 60 python3 tools/gpu/time.py > "$work/time-torch-tf32.json" 2> "$work/time-torch-tf32.err"
  python3 tools/gpu/report.py nabla="$work/time-nabla.json" torch="$work/time-torch.json" nabla-tf32="$work/time-nabla-tf32.json" \
    torch-tf32="$work/time-torch-tf32.json" own-product="$work/time-nabla-own.json" | tee "$OUT/times.txt"
  cat "$work"/time-*.err | head -20
}

# Tensors of more than 2^31 elements; then every byte that kernels touch, checked by NVIDIA's tool, in one short program.
check() {
  timeout 40 node tools/gpu/large.mjs > "$OUT/large.log" 2>&1
  say "large ended with $?"
  grep -v '^✓' "$OUT/large.log"
  NABLA_CUBLAS=0 timeout 75 compute-sanitizer --tool memcheck --error-exitcode 9 node tools/gpu/probe.mjs > "$OUT/memcheck.log" 2>&1
  say "memcheck ended with $?: $(grep -c 'Invalid' "$OUT/memcheck.log") invalid accesses; $(tail -1 "$OUT/memcheck.log")"
}

# Where the GPU's time goes in a training step, by kernel.
profile() {
  timeout 70 ncu --metrics gpu__time_duration.sum --clock-control none --print-units base --launch-skip 1200 \
    --launch-count 1200 --kill yes --csv --page raw node tools/gpu/time.mjs cuda "$1" > "$work/ncu-$1.csv" 2> "$work/ncu-$1.err"
  say "ncu ended with $?"
  python3 tools/gpu/kernel_times.py "$work/ncu-$1.csv" | tee "$OUT/profile-$1.txt"
}

for part in ${*:-probe train test time check profile}; do
  say "== $part"
  case $part in
    probe) probe ;;
    test) tests ;;
    train) train ;;
    time) times ;;
    check) check ;;
    profile) NABLA_TF32=1 profile gpt_6L6H384 ;;
  esac
done
say "done"
