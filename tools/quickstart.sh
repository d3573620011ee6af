#!/usr/bin/env bash
# Sets everything up, reads and edits a photograph with the weights of the
# package, trains the smallest model on rendered faces, tests it, and prints
# where the results are. Needs no dataset and no GPU.
#
#   bash tools/quickstart.sh [arguments of tools/train.py]
#
# Training that was interrupted resumes; after a finished one it starts from
# scratch. Settings: MMFERMTL_ENV and PYTHON, see tools/setup_env.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly CONFIG=configs/fermtl_synthetic.py
readonly WORK_DIR=work_dirs/quickstart
# Only a run that reached its end leaves this file.
readonly FINISHED=$WORK_DIR/.quickstart_finished

python=$(bash tools/setup_env.sh)

printf '\n== Reading and editing a photograph with the shipped weights ==\n'
photograph=work_dirs/photograph/astronaut.png
readonly answer=work_dirs/photograph/read
readonly edited=work_dirs/photograph/expressions.jpg
mkdir -p work_dirs/photograph
# NASA's portrait of Eileen Collins, public domain, of scikit-image.
"$python" -W ignore - $photograph <<'PYTHON'
import sys

import skimage.data
import skimage.io

skimage.io.imsave(sys.argv[1], skimage.data.astronaut())
PYTHON
"$python" -W ignore -m mmfermtl.cli predict $photograph --overwrite \
    --out $answer &&
    "$python" -W ignore -m mmfermtl.cli edit $photograph \
        --out $edited ||
    printf 'Note: the photograph was not read and edited; see above.\n'

for argument in "$@"; do
    if [[ $argument == --work-dir* ]]; then
        echo "quickstart.sh: --work-dir is $WORK_DIR here; use tools/train.py" >&2
        exit 2
    fi
done
resume=()
if [[ -e $FINISHED ]]; then
    rm -r "$WORK_DIR"
elif [[ -e $WORK_DIR/last_checkpoint ]]; then
    resume=(--resume auto)
    printf '\nThe last run was interrupted; resuming from its checkpoint.\n'
fi
# bfloat16 is several times faster, where the processor multiplies it itself.
amp=()
if grep -qsE 'avx512_bf16|amx_bf16' /proc/cpuinfo; then
    amp=(--amp)
fi
printf '\n== Training on rendered faces ==\n'
# Bash 3 treats an empty array as unset, hence this expansion.
"$python" tools/train.py $CONFIG --work-dir $WORK_DIR \
    ${amp[@]+"${amp[@]}"} ${resume[@]+"${resume[@]}"} "$@"

printf '\n== Testing the checkpoint ==\n'
checkpoint=$("$python" - $WORK_DIR <<'PYTHON'
import json
import sys
from pathlib import Path

work_dir = Path(sys.argv[1])
summary = json.loads((work_dir / 'summary.json').read_text())
print(work_dir / summary['checkpoint'])
PYTHON
)
"$python" tools/test.py $CONFIG "$checkpoint" --work-dir $WORK_DIR/test

"$python" - $WORK_DIR <<'PYTHON'
import json
import sys
from pathlib import Path

work_dir = Path(sys.argv[1])
summary = json.loads((work_dir / 'summary.json').read_text())
if summary['accuracy_last'] is not None:
    summary['accuracy_last'] = f"{summary['accuracy_last']:.2f} %"
for name in ('synthesis_grid', 'learning_curves', 'checkpoint'):
    summary[name] = summary[name] and work_dir / summary[name]
print("""
== Done ==
Accuracy on unseen subjects: {accuracy_last} ({num_test} images)
Trained: {epochs} epochs in {seconds:.0f} s
Generated images: {synthesis_grid}
Learning curves:  {learning_curves}
Checkpoint:       {checkpoint}""".format(**summary))
PYTHON
if [[ -e $edited && -e $answer/predictions.csv ]]; then
    printf 'Photograph, read: %s\n' "$(tail -n 1 $answer/predictions.csv |
        cut -d, -f7,8 | tr , ' ')"
    printf 'Photograph, edited: %s\n' $edited
fi
touch $FINISHED
printf '\nNext, train on CK+48 (how to get it: README.md):\n'
printf '  %s tools/train.py configs/fermtl_ckplus48.py --data-root %s\n' \
    "${python#"$PWD"/}" /path/to/CK+48
