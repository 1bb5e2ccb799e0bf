#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Everything that is checked on a GPU, in one command of less than 8 minutes.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
root=$PWD

usage='usage: tools/gpu_check.sh [--programs FOLDER] [--out FOLDER] [--only PART,...] [--quick]

  --programs FOLDER  where cuda_kernels_test, cuda_test, nop_cuda_worker and fno_darcy are; without
                     it they are built in build/cuda, for which there is no time limit
  --out FOLDER       where all results go (out/gpu)
  --only PART,...    some of the parts, in this order:
    device     what the GPU is
    tests      the tests of the kernels and of all that is made of them
    sanitizer  some of the tests under compute-sanitizer: memory, and races in shared memory
    bench      nop beside PyTorch, and the primitives alone (bench/peers/compare_cuda.py)
    training   the recipe of examples/fno_darcy
  --quick            less of each

Each part has its own time limit and its log, NAME.log; what fails does not keep the next one from
running. A table of all comes last. PYTHON names the interpreter that has PyTorch (python3).'

programs='' out=out/gpu only=device,tests,sanitizer,bench,training quick=
while (($#)); do
  case $1 in
    --programs) programs=$(realpath "$2") && shift ;;
    --out) out=$2 && shift ;;
    --only) only=$2 && shift ;;
    --quick) quick=--quick ;;
    --help | -h) echo "$usage" && exit ;;
    *) echo "gpu_check: there is no option '$1'; --help names them" >&2 && exit 2 ;;
  esac
  shift
done
mkdir -p "$out"
out=$(realpath "$out")
export programs
python=${PYTHON:-python3}

if [[ -z $programs ]]; then
  cmake --preset cuda >"$out/build.log" 2>&1 &&
    cmake --build --preset cuda --target cuda_kernels_test cuda_test nop_cuda_worker fno_darcy \
      >>"$out/build.log" 2>&1 || { tail -30 "$out/build.log" && exit 1; }
  programs=$root/build/cuda/bin
fi

# CUDA's libraries, where the linker does not find them: beside the compiler, or PyTorch's own.
if ldd "$programs"/* 2>/dev/null | grep -q 'lib\(cublas\|cufft\|cudart\).*not found'; then
  for folder in /usr/local/cuda/lib64 /usr/local/cuda/targets/*/lib \
    "$("$python" -c 'import nvidia; print(list(nvidia.__path__)[0])' 2>/dev/null)"/*/lib; do
    if [[ -d $folder ]]; then
      export LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$folder
    fi
  done
fi

rows=()
failures=0

# part NAME SECONDS COMMAND...: runs it for at most so long, its output in NAME.log and at its end
# here.
part() {
  local name=$1 seconds=$2 log=$out/$1.log began=$SECONDS status
  shift 2
  printf '\n== %s\n' "$name"
  timeout --kill-after=5 "$seconds" "$@" >"$log" 2>&1
  status=$?
  tail -n "${shown:-6}" "$log"
  case $status in
    0) status=ok ;;
    124 | 137) status="FAILED: more than $seconds s" ;;
    *) status="FAILED: $status" ;;
  esac
  [[ $status == ok ]] || failures=$((failures + 1))
  rows+=("$(printf '%-24s %4d s  %s' "$name" $((SECONDS - began)) "$status")")
}

wanted() { [[ ,$only, == *,$1,* ]]; }

# sanitize TOOL SECONDS [FILE...]: the tests of each file apart, side by side, of one type of numbers,
# since the tools make kernels many times as slow. What does not end in time is said, and is no error.
sanitize() {
  local tool=$1 seconds=$2
  shift 2
  printf '%s\n' "$@" | xargs -P "$(nproc)" -I NAME bash -c '
    log=$(timeout --kill-after=2 "$1" "$2" --tool "$3" --error-exitcode 9 "$4" \
      --source-file="*/NAME_test.cpp" --test-case="*<float>*" 2>&1)
    status=$?
    if ((status == 124 || status == 137)); then
      echo "NAME: stopped after $1 s; $(grep -c "^========= .*\(Invalid\|hazard\)" <<<"$log") errors"
      ! grep -q "^========= .*\(Invalid\|hazard\)" <<<"$log" && exit 0
    fi
    if ((status)); then tail -60 <<<"$log" && echo "NAME: FAILED, $status" && exit 1; fi
    echo "NAME: $(grep "ERROR SUMMARY\|RACECHECK SUMMARY" <<<"$log" | tail -1);" \
      "$(grep "test cases:" <<<"$log" | sed "s/.*test cases: *//")"
  ' _ "$seconds" "$sanitizer" "$tool" "$programs/cuda_kernels_test"
}

if wanted device; then
  shown=15 part device 20 nvidia-smi
fi
if wanted tests; then
  part tests-kernels 55 "$programs/cuda_kernels_test" --duration=true
  part tests-all 55 "$programs/cuda_test" --duration=true
fi
if wanted sanitizer; then
  if sanitizer=$(command -v compute-sanitizer || command -v /usr/local/cuda/bin/compute-sanitizer); then
    files=(map sum sum_rows sum_columns copy transpose strided fourier gemm mode_product mix
           mix_pullback convolve pull_convolve normalize pull_normalize time_mix time_mix_pullback)
    if [[ -n $quick ]]; then files=(sum copy fourier mix mix_pullback normalize time_mix); fi
    export sanitizer
    export -f sanitize
    shown=20 part sanitizer-memcheck 45 bash -c 'sanitize memcheck 35 "$@"' _ "${files[@]}"
    shown=20 part sanitizer-racecheck 45 bash -c 'sanitize racecheck 35 "$@"' _ "${files[@]}"
  else
    rows+=("sanitizer                        FAILED: there is no compute-sanitizer")
    failures=$((failures + 1))
  fi
fi
if wanted bench; then
  commit=()
  if [[ -r $programs/commit ]]; then commit=(--commit "$(<"$programs/commit")"); fi
  shown=40 part bench 190 "$python" -W ignore bench/peers/compare_cuda.py --programs "$programs" \
    --out "$out" --seconds 150 --compile-seconds 60 $quick "${commit[@]}"
fi
if wanted training; then
  if [[ -x $programs/fno_darcy ]]; then
    part training 45 "$programs/fno_darcy" --backend cuda --out "$out/darcy"
  else
    rows+=("training                     left out: there is no fno_darcy")
  fi
fi

printf '\n'
printf '%s\n' "${rows[@]}" | tee "$out/summary.txt"
((failures == 0))
