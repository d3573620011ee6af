#!/usr/bin/env bash
# Test on a Slurm cluster, on one node or several:
#
#   bash tools/slurm_test.sh PARTITION JOB_NAME CONFIG CHECKPOINT [options]
#
# The options are those of tools/test.py. Settings: GPUS (in all, 8),
# GPUS_PER_NODE (8, or GPUS if that is less), CPUS_PER_TASK (5), SRUN_ARGS
# (further options of srun), PYTHON.
set -euo pipefail
if [ $# -lt 4 ]; then
    echo "usage: $0 PARTITION JOB_NAME CONFIG CHECKPOINT [options]" >&2
    exit 2
fi
GPUS=${GPUS:-8}
GPUS_PER_NODE=${GPUS_PER_NODE:-$((GPUS < 8 ? GPUS : 8))}
TOOLS=$(dirname "$0")
read -r -a extra <<<"${SRUN_ARGS:-}"

PYTHONPATH="$TOOLS/..":${PYTHONPATH:-} \
srun -p "$1" \
    --job-name="$2" \
    --gres="gpu:$GPUS_PER_NODE" \
    --ntasks="$GPUS" \
    --ntasks-per-node="$GPUS_PER_NODE" \
    --cpus-per-task="${CPUS_PER_TASK:-5}" \
    --kill-on-bad-exit=1 \
    ${extra[@]+"${extra[@]}"} \
    "${PYTHON:-python}" -u "$TOOLS/test.py" "$3" "$4" \
    --launcher slurm "${@:5}"
