#!/usr/bin/env bash
# Cross-validate on a Slurm cluster, one array task a fold:
#
#   bash tools/slurm_cross_validate.sh PARTITION FOLDS CONFIG DIR [options]
#
# FOLDS is what sbatch --array takes, without steps, such as 0-9, 0,3 or 0-9%2. The options are
# those of tools/cross_validate.py, such as --seeds 0,1,2. A last job, which
# needs no GPU, pools the results once the tasks have ended. Settings: GPUS
# (GPUs of a task, 1), CPUS (CPU cores of a task, 4), SBATCH_ARGS (further
# options of sbatch), PYTHON.
#
# To go on after a failure or a time limit, submit the same command again.
set -euo pipefail
if [ $# -lt 4 ]; then
    echo "usage: $0 PARTITION FOLDS CONFIG DIR [options]" >&2
    exit 2
fi
partition=$1
folds=$2
if [[ $folds == *:* ]]; then
    echo "FOLDS $folds: found a step, expected folds such as 0-9 or 0,3" >&2
    exit 2
fi
config=$3
out=$4
tool=("${PYTHON:-python}" "$(dirname "$0")/cross_validate.py" "$config"
      --out "$out" "${@:5}")
gpus=${GPUS:-1}
mkdir -p "$out/.slurm"
common=(--parsable --partition="$partition" --cpus-per-task="${CPUS:-4}"
        --output="$out/.slurm/%x-%A-%a.log")
read -r -a extra <<<"${SBATCH_ARGS:-}"

# Quoted once more, for sbatch hands the line to a shell.
line=$(printf '%q ' "${tool[@]}")
array=$(sbatch "${common[@]}" ${extra[@]+"${extra[@]}"} --job-name=cv-fold \
    --array="$folds" --gres="gpu:$gpus" \
    --wrap="$line --fold-from-env SLURM_ARRAY_TASK_ID")
last=$(sbatch "${common[@]}" ${extra[@]+"${extra[@]}"} --job-name=cv-collect \
    --dependency="afterany:${array%%;*}" \
    --wrap="$line --folds ${folds%%%*} --collect")
echo "folds: job ${array%%;*}; results: job ${last%%;*}, in $out"
