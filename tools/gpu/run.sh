#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Tests, trains and times device cuda on a machine with a GPU that has nothing of ours: run from the folder that holds .gpu (see
# pack.mjs). Full logs go to $OUT; what is printed last is short. Parts can be chosen: run.sh probe test train time check
set -u
here=$(cd "$(dirname "$0")" && pwd)
OUT=${OUT:-/tmp/nabla-gpu-out}
mkdir -p "$OUT"
work=${NABLA_GPU_WORK:-/tmp/nabla-gpu}
started=$SECONDS
say() { echo "[$((SECONDS - started)) s] $*"; }

if [ ! -x "$work/bin/node" ]; then
  mkdir -p "$work"
  tar -C "$work" -xJf "$here/nabla.tar.xz" 2> /dev/null ||
    python3 -c "import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])" "$here/nabla.tar.xz" "$work" || exit 1
fi
cd "$work" || exit 1
export PATH="$work/bin:$PATH"
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

probe() { timeout 60 node tools/gpu/probe.mjs 2>&1 | tee "$OUT/probe.log"; }

# The test files of the packages, on device cuda alone.
tests() {
  local workers=$(($(nproc) > 12 ? 12 : $(nproc)))
  NABLA_TEST_DEVICES=cuda timeout "${1:-150}" node node_modules/jest/bin/jest.js --silent --ci -w "$workers" --json \
    --outputFile="$work/jest.json" --testPathIgnorePatterns processes.test tar.test --testPathPatterns \
    packages/core packages/layers packages/optimizers packages/testing > "$OUT/jest.log" 2>&1
  say "jest ended with $?"
  node tools/gpu/summary.mjs "$work/jest.json" "$OUT/failures.txt"
}

train() { timeout 90 node tools/gpu/train.mjs 2>&1 | tee "$OUT/train.log"; }

times() {
  timeout 60 node tools/gpu/time.mjs cuda > "$OUT/time-nabla.json" 2> "$OUT/time-nabla.err"
  NABLA_TF32=1 timeout 60 node tools/gpu/time.mjs cuda > "$OUT/time-nabla-tf32.json" 2> "$OUT/time-nabla-tf32.err"
  NABLA_CUBLAS=0 timeout 60 node tools/gpu/time.mjs cuda matmul > "$OUT/time-nabla-own.json" 2> "$OUT/time-nabla-own.err"
  timeout 60 python3 tools/gpu/time.py > "$OUT/time-torch.json" 2> "$OUT/time-torch.err"
  NABLA_TF32=1 timeout 60 python3 tools/gpu/time.py > "$OUT/time-torch-tf32.json" 2> "$OUT/time-torch-tf32.err"
  python3 tools/gpu/report.py nabla="$OUT/time-nabla.json" torch="$OUT/time-torch.json" nabla-tf32="$OUT/time-nabla-tf32.json" \
    torch-tf32="$OUT/time-torch-tf32.json" own-product="$OUT/time-nabla-own.json" | tee "$OUT/times.txt"
  cat "$OUT"/time-*.err | head -20
}

# Every byte that kernels touch, checked by NVIDIA's tool, in one short program.
check() {
  timeout 100 compute-sanitizer --tool memcheck --error-exitcode 9 node tools/gpu/probe.mjs > "$OUT/memcheck.log" 2>&1
  say "memcheck ended with $?: $(grep -c 'Invalid' "$OUT/memcheck.log") invalid accesses; $(tail -1 "$OUT/memcheck.log")"
}

for part in ${*:-probe test train time check}; do
  say "== $part"
  case $part in
    probe) probe || exit 1 ;;
    test) tests ;;
    train) train ;;
    time) times ;;
    check) check ;;
  esac
done
say "done"
