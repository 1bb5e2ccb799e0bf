#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Makes the throw-away environment of compare.py in the folder given: PyTorch with neuraloperator,
# JAX and matplotlib, all from PyPI.
set -euo pipefail
environment=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
done=$environment/made-from.txt
cmp -s "$here/requirements.txt" "$done" && exit 0

rm -rf "$environment"
python3 -m venv "$environment"
pip=("$environment/bin/python" -m pip --quiet --disable-pip-version-check)

# PyTorch's wheel asks for gigabytes of libraries for graphics cards, which no processor needs:
# none but what is listed is installed.
"${pip[@]}" install --no-deps --requirement "$here/requirements.txt"

# The loader still wants those libraries, by name, and a few of their functions. It gets empty ones,
# and one with a function of each name that says it failed. Only the CUDA runtime is the real one:
# PyTorch asks it for devices, and hears that there are none.
torch=$(echo "$environment"/lib/python3*/site-packages/torch/lib)
nm -D --undefined-only "$torch"/lib{torch,c10}*.so | grep -oP '\bU \K(cu|nv|nccl)\w+' |
  grep -v '^cuda[A-Z]' | sort -u | sed 's/.*/int &(void) { return 1; }/' |
  gcc -w -shared -fPIC -fno-builtin -o "$torch/libabsent.so" -x c -
readelf -d "$torch"/*.so | grep -oP 'NEEDED.*\[\K(libcu|libnv|libnccl)[^]]*' | sort -u |
  grep -v -e libcudart -e 'libcuda\.so' |
  while read -r name; do
    gcc -shared -Wl,-soname,"$name",--no-as-needed,-rpath,'$ORIGIN' -o "$torch/$name" \
      -x c /dev/null -L"$torch" -labsent
  done

"$environment/bin/python" -W ignore -c 'import jax, matplotlib, neuralop.models, torch'
cp "$here/requirements.txt" "$done"
